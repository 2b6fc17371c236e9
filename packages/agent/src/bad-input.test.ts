import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { makeAuthority, signTestModule, testAuthority, tinyModule } from '@klpkit-internal/testkit';
import { describe, expect, it } from 'vitest';
import { createHttpsSource, type HttpsSourceOptions } from './https-source.ts';
import type { AgentState } from './state.ts';
import { makeTestMachine } from './test-machine.fixture.ts';
import { makeRelease, releaseOf, type TestRelease } from './test-release.fixture.ts';
import { answerJson, type Misbehaviour, offerOf, startTlsServer } from './tls-server.fixture.ts';

/** One check of a fresh machine against a server; the machine must be as it was. */
async function checkAgainst(source: HttpsSourceOptions): Promise<AgentState> {
  await using machine = await makeTestMachine();
  const https = createHttpsSource(source);
  try {
    const agent = await machine.newAgent({ source: https, reporter: https });
    const state = await agent.check();
    expect(machine.kernel.modules).toEqual([]);
    return state;
  } finally {
    https.close();
  }
}

async function checkServer(
  release: TestRelease,
  misbehave?: Misbehaviour,
  change: Partial<HttpsSourceOptions> = {},
): Promise<AgentState> {
  await using server = await startTlsServer(release, misbehave);
  return await checkAgainst({ url: server.url, ca: server.ca, ...change });
}

const refused = (phase: string, code: string) => ({
  kind: 'refused',
  phase,
  failure: { code, message: expect.stringMatching(/^\[[A-Z_]+\] .{20,}/) as string },
});

describe('a payload that is not what it should be', () => {
  it('corrupted on the way: one bit turned', async () => {
    const one = await makeRelease();
    const bytes = Uint8Array.from(one.bytes);
    bytes[200] = (bytes[200] ?? 0) ^ 1;
    expect(await checkServer({ ...one, bytes })).toMatchObject(refused('verify', 'DIGEST_MISMATCH'));
  });

  it('corrupted before it was published, so that the digest fits', async () => {
    const { bytes } = await makeRelease();
    const bad = Uint8Array.from(bytes);
    bad[200] = (bad[200] ?? 0) ^ 1;
    expect(await checkServer({ bytes: bad, release: releaseOf(bad) })).toMatchObject(
      refused('verify', 'BAD_SIGNATURE'),
    );
  });

  it('unsigned', async () => {
    const bytes = tinyModule({ name: 'klp_unsigned' });
    expect(await checkServer({ bytes, release: releaseOf(bytes) })).toMatchObject(refused('verify', 'UNSIGNED'));
  });

  it('signed by a key that is not trusted', async () => {
    const bytes = await signTestModule(tinyModule(), makeAuthority({ algorithm: 'p-256', name: 'somebody else' }));
    expect(await checkServer({ bytes, release: releaseOf(bytes) })).toMatchObject(
      refused('verify', 'UNTRUSTED_SIGNER'),
    );
  });

  it('truncated: the connection ends early, each time', async () => {
    const one = await makeRelease();
    const state = await checkServer(one, (path, response) => {
      if (!path.startsWith('/v1/payloads/')) return false;
      response.writeHead(200, { 'content-length': one.bytes.length });
      response.write(one.bytes.subarray(0, 100), () => response.destroy());
      return true;
    });
    expect(state).toMatchObject(refused('download', 'PAYLOAD_TRUNCATED'));
  });

  it('truncated: the server sends less and calls it all', async () => {
    const one = await makeRelease();
    const state = await checkServer({ ...one, bytes: one.bytes.subarray(0, 100) });
    expect(state).toMatchObject(refused('download', 'PAYLOAD_TRUNCATED'));
  });

  it('too large: longer than its release document, announced', async () => {
    const one = await makeRelease();
    const bytes = new Uint8Array(one.bytes.length + 1);
    expect(await checkServer({ ...one, bytes })).toMatchObject(refused('download', 'PAYLOAD_TOO_LARGE'));
  });

  it('too large: endless, without a length', async () => {
    const one = await makeRelease();
    let sent = 0;
    const state = await checkServer(one, (path, response) => {
      if (!path.startsWith('/v1/payloads/')) return false;
      const more = () => {
        while (!response.destroyed && response.write(new Uint8Array(65_536))) sent += 65_536;
        if (!response.destroyed) response.once('drain', more);
      };
      response.writeHead(200);
      more();
      return true;
    });
    expect(state).toMatchObject(refused('download', 'PAYLOAD_TOO_LARGE'));
    expect(sent).toBeLessThan(64 << 20);
  });

  it('too large: larger than this machine allows, refused before it is fetched', async () => {
    const one = await makeRelease();
    await using server = await startTlsServer(one);
    const state = await checkAgainst({ url: server.url, ca: server.ca, maxPayloadBytes: 1000 });
    expect(state).toMatchObject(refused('download', 'PAYLOAD_TOO_LARGE'));
    expect(server.requests.filter((request) => request.includes('/v1/payloads/'))).toEqual([]);
  });

  it('for another kernel, though the release document says ours', async () => {
    const one = await makeRelease({}, { release: '6.1.0-55-amd64' });
    expect(await checkServer(one)).toMatchObject(refused('verify', 'WRONG_TARGET'));
  });

  it('for another architecture', async () => {
    const one = await makeRelease({}, { arch: 's390x' });
    expect(await checkServer(one)).toMatchObject(refused('verify', 'WRONG_TARGET'));
  });

  it('not a livepatch, though signed', async () => {
    const one = await makeRelease({}, { livepatch: false });
    expect(await checkServer(one)).toMatchObject(refused('verify', 'NOT_A_LIVEPATCH'));
  });

  it('not a module at all, though signed', async () => {
    const bytes = await signTestModule(new Uint8Array(4096).fill(65), testAuthority());
    expect(await checkServer({ bytes, release: releaseOf(bytes) })).toMatchObject(
      refused('verify', 'MALFORMED_MODULE'),
    );
  });
});

describe('a server that is not what it should be', () => {
  it('unreachable: nobody listens', async () => {
    expect(await checkAgainst({ url: 'https://127.0.0.1:9' })).toMatchObject(refused('check', 'SERVER_UNREACHABLE'));
  });

  it('unreachable: a name that does not exist', async () => {
    expect(await checkAgainst({ url: 'https://patches.invalid' })).toMatchObject(
      refused('check', 'SERVER_UNREACHABLE'),
    );
  });

  it('a certificate of an unknown authority', async () => {
    const one = await makeRelease();
    await using server = await startTlsServer(one);
    const ca = makeAuthority({ algorithm: 'p-256', name: 'another' }).certificate;
    expect(await checkAgainst({ url: server.url, ca })).toMatchObject(refused('check', 'CERTIFICATE_REJECTED'));
    expect(server.requests).toEqual([]);
  });

  it('a certificate for another name', async () => {
    const authority = makeAuthority({ algorithm: 'p-256', name: 'elsewhere.example' });
    await using server = await startTlsServer(await makeRelease(), undefined, authority);
    expect(await checkAgainst({ url: server.url, ca: server.ca })).toMatchObject(
      refused('check', 'CERTIFICATE_REJECTED'),
    );
  });

  it('a certificate that has expired', async () => {
    const authority = makeAuthority({ algorithm: 'p-256', name: 'localhost', notAfter: new Date('2025-01-01') });
    await using server = await startTlsServer(await makeRelease(), undefined, authority);
    expect(await checkAgainst({ url: server.url, ca: server.ca })).toMatchObject(
      refused('check', 'CERTIFICATE_REJECTED'),
    );
  });

  it('no TLS behind the port', async () => {
    const plain = createServer((socket) =>
      socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    ).listen(0, '127.0.0.1');
    await new Promise((resolve) => plain.once('listening', resolve));
    const { port } = plain.address() as AddressInfo;
    expect(await checkAgainst({ url: `https://127.0.0.1:${port}` })).toMatchObject(refused('check', 'TLS_FAILED'));
    plain.close();
  });

  it('an answer that never ends', async () => {
    const one = await makeRelease();
    const state = await checkServer(
      one,
      (path, response) => {
        if (path !== '/v1/offer') return false;
        response.writeHead(200, { 'content-type': 'application/json' }).write('{');
        return true;
      },
      { answerMs: 300 },
    );
    expect(state).toMatchObject(refused('check', 'SERVER_UNREACHABLE'));
  });

  it.each(['/v1/offer', '/v1/payloads/'])('an error page of %s that is longer than the answer may be', async (what) => {
    const one = await makeRelease();
    const state = await checkServer(one, (path, response) => {
      if (!path.startsWith(what)) return false;
      response.writeHead(404, { 'content-length': 2 << 20 }).end(new Uint8Array(2 << 20));
      return true;
    });
    const phase = what === '/v1/offer' ? 'check' : 'download';
    expect(state).toMatchObject(refused(phase, 'SERVER_REFUSED'));
  });

  it('an error status, whose words are kept but made harmless', async () => {
    const one = await makeRelease();
    const state = await checkServer(one, (path, response) =>
      path === '/v1/offer' ? answerJson(response, { ok: false, code: 'BUSY', message: 'later\u001b[31m' }, 503) : false,
    );
    expect(state).toMatchObject(refused('check', 'SERVER_REFUSED'));
    expect(state.kind === 'refused' && state.failure.message).toMatch(/503: BUSY later\?\[31m/);
  });
});

describe('an answer that is malformed', () => {
  const answer =
    (text: string, type = 'application/json'): Misbehaviour =>
    (path, response) => {
      if (path !== '/v1/offer') return false;
      response.writeHead(200, { 'content-type': type }).end(text);
      return true;
    };

  it.each([
    ['no JSON', answer('<html>'), 'MALFORMED_ANSWER'],
    ['HTML of a captive portal', answer('<html></html>', 'text/html'), 'MALFORMED_ANSWER'],
    ['bytes that are no UTF-8', answer('\u00ff\u0000'), 'MALFORMED_ANSWER'],
    ['JSON of another shape', answer('[]'), 'MALFORMED_ANSWER'],
    ['longer than an offer may be', answer(`"${'x'.repeat(2 << 20)}"`), 'MALFORMED_ANSWER'],
  ])('%s', async (_, misbehave, code) => {
    expect(await checkServer(await makeRelease(), misbehave)).toMatchObject(refused('check', code));
  });

  it('a release document with a field that nobody knows', async () => {
    const one = await makeRelease();
    const offer = offerOf({ release: { ...one.release, force: true } as never });
    const state = await checkServer(one, (path, response) => path === '/v1/offer' && answerJson(response, offer));
    expect(state).toMatchObject(refused('check', 'MALFORMED_RELEASE'));
  });

  it('an offer for another kernel', async () => {
    const one = await makeRelease({ kernel: '6.1.0-55-amd64' });
    expect(await checkServer(one)).toMatchObject(refused('check', 'OFFER_MISMATCH'));
  });

  it('a payload address that leads elsewhere', async () => {
    const one = await makeRelease();
    const offer = JSON.stringify(offerOf(one)).replace('/v1/payloads/', '//evil.example/');
    expect(await checkServer(one, answer(offer))).toMatchObject(refused('check', 'MALFORMED_ANSWER'));
  });

  it('a blocklist that is none', async () => {
    const one = await makeRelease();
    const state = await checkServer(one, (path, response) => path === '/v1/blocklist' && answerJson(response, {}));
    expect(state).toMatchObject({ kind: 'refused', phase: 'check' });
    expect(state.kind === 'refused' && state.failure.code).toMatch(/^MALFORMED_/);
  });
});

describe('what a good transfer survives', () => {
  it('a connection that breaks: it goes on where it stopped', async () => {
    const one = await makeRelease();
    const ranges: (string | undefined)[] = [];
    await using server = await startTlsServer(one, (path, response, request) => {
      if (!path.startsWith('/v1/payloads/')) return false;
      ranges.push(request.headers.range);
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const rest = one.bytes.subarray(from);
      const whole = from > 0 ? { 'content-range': `bytes ${from}-${one.bytes.length - 1}/${one.bytes.length}` } : {};
      response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length, ...whole });
      if (from > 0) response.end(rest);
      else response.write(rest.subarray(0, 500), () => setTimeout(() => response.destroy(), 20));
      return true;
    });
    const source = createHttpsSource({ url: server.url, ca: server.ca });
    const bytes = await source.payload(one.release, `/v1/payloads/${one.release.sha256}`);
    source.close();
    expect(Buffer.compare(bytes, one.bytes)).toBe(0);
    expect(ranges).toEqual([undefined, 'bytes=500-']);
  });
});
