import { createHash } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { emptyBlocklist } from '@klpkit/blocklist';
import { makeAuthority, signTestModule, testAuthority, tinyModule } from '@klpkit-internal/testkit';
import { testKernel } from './machine.ts';

/** A patch server on the loopback that has one release for everybody in the tier `updates`. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  /** PEM to trust. */
  readonly ca: string;
  readonly requests: string[];
}

/** Starts it; the release is a well-signed livepatch. */
export async function startTestServer(): Promise<TestServer> {
  const payload = await signTestModule(tinyModule({ name: 'klp_cve_2026_0001_1' }), testAuthority());
  const answers = answersFor(payload);
  const authority = makeAuthority({ name: 'localhost', algorithm: 'p-256' });
  const requests: string[] = [];
  const server = createServer({ key: authority.key, cert: authority.certificate }, (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'https://localhost');
    requests.push(`${request.method ?? ''} ${pathname}`);
    const json = answers[pathname];
    if (json === undefined) response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(payload);
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    ca: authority.certificate,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answersFor(payload: Uint8Array): Record<string, unknown> {
  const sha256 = createHash('sha256').update(payload).digest('hex');
  const release = {
    name: 'cve-2026-0001',
    version: '1',
    reroll: 0,
    sha256,
    size: payload.length,
    kernel: testKernel.release,
    arch: testKernel.arch,
    fixes: ['CVE-2026-0001'],
    endOfLife: null,
    evidence: null,
  };
  const tiers = [{ tier: 'updates', microPercent: 100_000_000 }];
  const rollout = { release: 'cve-2026-0001-1', paused: false, tiers };
  const offer = { release, rollout, payload: `/v1/payloads/${sha256}` };
  return {
    '/v1/offer': { offer, earlier: [], reason: null, message: 'offered' },
    '/v1/blocklist': emptyBlocklist(Date.now()),
    '/v1/pings': { accepted: 1, duplicates: 0 },
  };
}
