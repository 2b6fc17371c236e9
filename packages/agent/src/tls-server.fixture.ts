import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { emptyBlocklist } from '@klpkit/blocklist';
import { makeAuthority, type TestAuthority } from '@klpkit-internal/testkit';
import { releaseKey } from '@klpkit/release';
import type { TestRelease } from './test-release.fixture.ts';

/** Answers one request; false leaves it to the well-behaved answer. */
export type Misbehaviour = (path: string, response: ServerResponse, request: IncomingMessage) => boolean;

/** A server on the loopback with a certificate for `localhost`. */
export interface TlsServer extends AsyncDisposable {
  readonly url: string;
  /** PEM to trust. */
  readonly ca: string;
  readonly requests: string[];
  /** All that was sent to it: request lines, headers, bodies. */
  readonly heard: string[];
}

let shared: TestAuthority | undefined;

/** Serves one release as the interface says, but for what `misbehave` does in its place. */
export async function startTlsServer(
  { release, bytes }: TestRelease,
  misbehave: Misbehaviour = () => false,
  authority: TestAuthority = (shared ??=
    makeAuthority({ name: 'localhost', algorithm: 'p-256' })),
): Promise<TlsServer> {
  const requests: string[] = [];
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ key: authority.key, cert: authority.certificate }, (request, response) => {
    const path = new URL(request.url ?? '/', 'https://localhost').pathname;
    requests.push(`${request.method ?? ''} ${path}`);
    heard.push(`${request.method ?? ''} ${request.url ?? ''} ${JSON.stringify(request.rawHeaders)}`);
    request.on('data', (chunk: Buffer) => heard.push(chunk.toString('utf8')));
    if (!misbehave(path, response, request)) behave(path, response, { release, bytes });
  });
  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    ca: authority.certificate,
    requests,
    heard,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends JSON. */
export function answerJson(response: ServerResponse, json: unknown, status = 200): true {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  return true;
}

/** The offer of a release to everybody in the tier `updates`. */
export function offerOf({ release }: Pick<TestRelease, 'release'>): unknown {
  const rollout = {
    release: releaseKey(release),
    paused: false,
    tiers: [{ tier: 'updates', microPercent: 100_000_000 }],
  };
  const offer = { release, rollout, payload: `/v1/payloads/${release.sha256}` };
  return { offer, earlier: [], reason: null, message: 'offered' };
}

function behave(path: string, response: ServerResponse, { release, bytes }: TestRelease): void {
  if (path === '/v1/offer') answerJson(response, offerOf({ release }));
  else if (path === '/v1/blocklist') answerJson(response, emptyBlocklist(Date.now()));
  else if (path === '/v1/pings') answerJson(response, { accepted: 1, duplicates: 0 });
  else response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(bytes);
}
