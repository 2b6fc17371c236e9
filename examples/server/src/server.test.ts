import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { signTestModule, testAuthority, tinyModule, makeAuthority } from '@klpkit-internal/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentOf, type Harness, kernel, offerPath, ping, startHarness } from './testing/harness.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

/** Every refusal has the same form and ends with what to do. */
interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<
    Record<string, { readonly get: { readonly parameters: readonly { readonly name: string }[] } }>
  >;
}

function expectRefusal(answer: { status: number; json: unknown }, status: number, code: string): void {
  expect(answer.json).toEqual({ ok: false, code, message: expect.stringMatching(/\.$/) });
  expect(answer.status).toBe(status);
}

const put = (bytes: Uint8Array, sha256 = createHash('sha256').update(bytes).digest('hex')) =>
  harness.ask('PUT', `/v1/admin/payloads/${sha256}`, { body: bytes });

describe('what machines ask', () => {
  it('says that there is nothing before anything is published', async () => {
    const { json, status } = await harness.ask('GET', offerPath('internal'));
    expect(status).toBe(200);
    expect(json).toMatchObject({
      offer: null,
      reason: 'no-release',
      message: expect.stringContaining('Nothing to do'),
    });
  });

  it('offers what was published, with its rollout and its payload', async () => {
    const { release, answer } = await harness.publish();
    expect(answer.status).toBe(201);
    const { json } = await harness.ask('GET', offerPath('internal'));
    expect(json.offer).toEqual({
      release,
      rollout: { release: 'lp-1', paused: false, tiers: [{ tier: 'internal', microPercent: 100_000_000 }] },
      payload: `/v1/payloads/${release.sha256}`,
    });
    const rollout = await harness.ask('GET', '/v1/rollouts/lp-1');
    expect(rollout.json).toEqual(json.offer?.rollout);
  });

  it('offers it to a tier that it has not reached too: the machine says why it waits', async () => {
    const { json } = await harness.ask('GET', offerPath('stable'));
    expect(json.offer?.rollout.tiers.map(({ tier }) => tier)).toEqual(['internal']);
  });

  it('has nothing for another kernel or architecture', async () => {
    const { json } = await harness.ask('GET', '/v1/offer?kernel=6.1.0-57-amd64&arch=x86_64&tier=internal');
    expect(json.reason).toBe('no-release');
    const arm = await harness.ask('GET', `/v1/offer?kernel=${kernel}&arch=aarch64&tier=internal`);
    expect(arm.json.reason).toBe('no-release');
  });

  it('says when a kernel is no longer covered', async () => {
    const { answer } = await harness.publish({ name: 'eol', endOfLife: 1 });
    expect(answer.status).toBe(201);
    const { json } = await harness.ask('GET', offerPath('internal'));
    expect(json).toMatchObject({
      offer: null,
      reason: 'end-of-life',
      message: expect.stringContaining('newer kernel'),
    });
    await harness.publish({ name: 'again' });
  });

  it.each([
    ['no query', '/v1/offer'],
    ['a kernel that is none', '/v1/offer?kernel=%2e%2e%2fetc&arch=x86_64&tier=internal'],
    ['SQL for a tier', "/v1/offer?kernel=6.1&arch=x86_64&tier=a'%20or%201=1"],
    ['a field too many', `${offerPath('internal')}&machine=7`],
    ['a kernel twice', `${offerPath('internal')}&kernel=6.1`],
  ])('refuses %s', async (_what, path) => {
    expectRefusal(await harness.ask('GET', path), 400, 'BAD_REQUEST');
  });

  it('serves a blocklist that is dated now', async () => {
    const { json } = await harness.ask('GET', '/v1/blocklist');
    expect(json).toMatchObject({ type: 'blocklist', spec: 1, entries: [] });
    expect(json.expires - json.issued).toBe(86_400_000);
    expect(Math.abs(json.issued - Date.now())).toBeLessThan(60_000);
  });

  it('knows no rollout of a release that is not there', async () => {
    expectRefusal(await harness.ask('GET', '/v1/rollouts/nothing-1'), 404, 'RELEASE_UNKNOWN');
    expectRefusal(await harness.ask('GET', '/v1/rollouts/..%2f..%2fetc'), 400, 'BAD_REQUEST');
  });

  it('sends security headers with every answer, errors included', async () => {
    for (const path of ['/v1/blocklist', '/nothing', '/v1/offer']) {
      const { headers } = await harness.ask('GET', path);
      expect(headers).toMatchObject({
        'strict-transport-security': 'max-age=31536000',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      });
    }
  });

  it('speaks TLS 1.2 and nothing older', async () => {
    const { connect } = await import('node:tls');
    const outcome = await new Promise<string>((resolve) => {
      const { port } = new URL(harness.server.url);
      const socket = connect({
        port: Number(port),
        host: '127.0.0.1',
        rejectUnauthorized: false,
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'ALL:@SECLEVEL=0',
      });
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
      socket.once('secureConnect', () => resolve('connected'));
    });
    expect(outcome).toMatch(/PROTOCOL|VERSION|ALERT/);
  });
});

describe('payloads', () => {
  let path: string;
  let bytes: Uint8Array;
  beforeAll(async () => {
    const published = await harness.publish({ name: 'ranged' });
    bytes = published.bytes;
    path = `/v1/payloads/${published.release.sha256}`;
  });

  it('come byte for byte, to be kept for ever', async () => {
    const answer = await harness.ask('GET', path);
    expect(answer.bytes.equals(bytes)).toBe(true);
    expect(answer.headers).toMatchObject({
      etag: `"${path.slice(-64)}"`,
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'application/octet-stream',
      'content-length': String(bytes.length),
    });
  });

  it('come in parts', async () => {
    const size = bytes.length;
    for (const [range, start, end] of [
      ['bytes=0-0', 0, 0],
      ['bytes=10-19', 10, 19],
      ['bytes=100-', 100, size - 1],
      ['bytes=-7', size - 7, size - 1],
      [`bytes=5-${size + 99}`, 5, size - 1],
    ] as const) {
      const answer = await harness.ask('GET', path, { headers: { range } });
      expect(answer.status).toBe(206);
      expect(answer.headers['content-range']).toBe(`bytes ${start}-${end}/${size}`);
      expect(answer.bytes.equals(bytes.subarray(start, end + 1))).toBe(true);
    }
  });

  it('refuse a part that lies behind the end, and say where it is', async () => {
    const answer = await harness.ask('GET', path, { headers: { range: `bytes=${bytes.length}-` } });
    expectRefusal(answer, 416, 'RANGE_NOT_SATISFIABLE');
    expect(answer.headers['content-range']).toBe(`bytes */${bytes.length}`);
  });

  it('are not sent again to who has them, nor in parts of something else', async () => {
    const etag = `"${path.slice(-64)}"`;
    expect((await harness.ask('GET', path, { headers: { 'if-none-match': `"x", W/${etag}` } })).status).toBe(304);
    expect((await harness.ask('GET', path, { headers: { range: 'bytes=0-1', 'if-range': etag } })).status).toBe(206);
    expect((await harness.ask('GET', path, { headers: { range: 'bytes=0-1', 'if-range': '"other"' } })).status).toBe(
      200,
    );
  });

  it('tell their size without their bytes', async () => {
    const answer = await harness.ask('HEAD', path);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-length']).toBe(String(bytes.length));
    expect(answer.bytes.length).toBe(0);
  });

  it('are found by their digest and by nothing else', async () => {
    expectRefusal(await harness.ask('GET', `/v1/payloads/${'0'.repeat(64)}`), 404, 'PAYLOAD_UNKNOWN');
    expectRefusal(await harness.ask('GET', '/v1/payloads/..%2f..%2fsecrets%2fserver.key'), 400, 'BAD_REQUEST');
    expectRefusal(await harness.ask('GET', `/v1/payloads/${'A'.repeat(64)}`), 400, 'BAD_REQUEST');
  });
});

describe('publishing', () => {
  const authority = testAuthority('p-256');
  const release = (change: object) => ({
    name: 'bad',
    version: '1',
    reroll: 0,
    kernel,
    arch: 'x86_64',
    sha256: '0'.repeat(64),
    size: 1,
    fixes: [],
    endOfLife: null,
    evidence: null,
    ...change,
  });
  const post = (document: unknown) => harness.ask('POST', '/v1/admin/releases', { body: { release: document } });

  it('refuses bytes that do not hash to the path', async () => {
    expectRefusal(await put(randomBytes(100), 'ab'.repeat(32)), 400, 'DIGEST_MISMATCH');
  });

  it.each([
    ['random bytes', async () => randomBytes(5000)],
    ['an unsigned module', async () => tinyModule({ release: kernel })],
    [
      'a module of a signer that is not trusted',
      () => signTestModule(tinyModule({ release: kernel }), makeAuthority({ algorithm: 'p-256', name: 'stranger' })),
    ],
    [
      'a module that is no livepatch',
      () => signTestModule(tinyModule({ release: kernel, livepatch: false }), authority),
    ],
    [
      'a module that was changed after signing',
      async () => {
        const bytes = await signTestModule(tinyModule({ release: kernel }), authority);
        bytes[200] = (bytes[200] ?? 0) ^ 1;
        return bytes;
      },
    ],
  ])('refuses %s, as machines would, and keeps none of it', async (_what, make) => {
    const bytes = await make();
    expectRefusal(await put(bytes), 422, 'PAYLOAD_REFUSED');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expectRefusal(await harness.ask('GET', `/v1/payloads/${sha256}`), 404, 'PAYLOAD_UNKNOWN');
  });

  it('refuses a release without its payload, of another size, for another kernel', async () => {
    expectRefusal(await post(release({})), 404, 'PAYLOAD_UNKNOWN');
    const bytes = await signTestModule(tinyModule({ release: kernel, name: 'livepatch_odd' }), authority);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect((await put(bytes)).status).toBe(201);
    expectRefusal(await post(release({ sha256, size: 7 })), 422, 'PAYLOAD_REFUSED');
    expectRefusal(
      await post(release({ sha256, size: bytes.length, kernel: '6.1.0-57-amd64' })),
      422,
      'PAYLOAD_REFUSED',
    );
    expectRefusal(await post(release({ sha256, size: bytes.length, arch: 'aarch64' })), 422, 'PAYLOAD_REFUSED');
    expectRefusal(await post({ ...release({}), machine: 'x' }), 400, 'RELEASE_MALFORMED');
    expectRefusal(await post('text'), 400, 'RELEASE_MALFORMED');
  });

  it('takes the same release twice, and another under its key not at all', async () => {
    const first = await harness.publish({ name: 'twice' });
    const again = await post(first.release);
    expect(again.status).toBe(200);
    expectRefusal(await post({ ...first.release, fixes: ['CVE-2024-1086'] }), 409, 'RELEASE_EXISTS');
  });

  it('refuses a payload that is too large before it is all there', async () => {
    const small = await startHarness({ limits: { maxPayloadBytes: 1000 } });
    try {
      const bytes = randomBytes(1001);
      const path = `/v1/admin/payloads/${createHash('sha256').update(bytes).digest('hex')}`;
      expectRefusal(await small.ask('PUT', path, { body: bytes }), 413, 'TOO_LARGE');
      // Without a length it is noticed on the way.
      expectRefusal(await small.ask('PUT', path, { body: bytes, isChunked: true }), 413, 'TOO_LARGE');
    } finally {
      await small.close();
    }
  });
});

describe('pings', () => {
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    harness.ask('POST', '/v1/pings', { body, headers });

  it('are taken alone or many at once, and once each', async () => {
    const one = ping('before');
    const many = [ping('before'), ping('before'), ping('check', { release: null, outcome: 'nothing' })];
    expect((await post({ pings: [one] })).json).toEqual({ accepted: 1, duplicates: 0, refused: [] });
    expect((await post({ pings: [one] })).json).toEqual({ accepted: 0, duplicates: 1, refused: [] });
    expect((await post({ pings: [...many, one, many[0]] })).json).toEqual({ accepted: 3, duplicates: 2, refused: [] });
  });

  it('are counted once when many connections send the same at the same moment', async () => {
    const one = ping('before');
    const answers = await Promise.all(Array.from({ length: 30 }, () => post({ pings: [one] })));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(answers.reduce((sum, { json }) => sum + json.accepted, 0)).toBe(1);
  });

  it.each([
    ['no object', 'text'],
    ['no pings', {}],
    ['a field too many in the batch', { pings: [], machine: 1 }],
    ['an unknown field', { pings: [ping('before', { machineId: 'secret' })] }],
    ['an unknown kind', { pings: [ping('hello')] }],
    ['an id that is no UUID', { pings: [ping('before', { id: "1'; drop table pings; --" })] }],
    ['HTML for a tier', { pings: [ping('before', { tier: '<script>alert(1)</script>' })] }],
    ['a zero byte', { pings: [ping('check', { release: null, outcome: 'nothing', reason: 'a\u0000b' })] }],
    ['a number out of range', { pings: [ping('before', { sentAt: 1e300 })] }],
    ['a deep nest', { pings: [ping('before', { kernel: JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`) })] }],
  ])('are refused with %s', async (_what, body) => {
    expectRefusal(await post(body), 400, 'PING_MALFORMED');
  });

  it('are refused when what was sent is no JSON, or reaches for the prototype', async () => {
    const send = (text: string) =>
      harness.ask('POST', '/v1/pings', { body: Buffer.from(text), headers: { 'content-type': 'application/json' } });
    expectRefusal(await send('{"pings":['), 400, 'BAD_REQUEST');
    expectRefusal(await send('{"__proto__":{"pings":[]}}'), 400, 'BAD_REQUEST');
    expectRefusal(await send(''), 400, 'BAD_REQUEST');
  });

  it('are refused when there are too many, too large, packed or of another type', async () => {
    expectRefusal(await post({ pings: Array.from({ length: 257 }, () => ping('before')) }), 413, 'TOO_LARGE');
    expectRefusal(await post({ pings: [], pad: 'x'.repeat(5_000_000) }), 413, 'TOO_LARGE');
    expectRefusal(await post({ pings: [] }, { 'content-encoding': 'gzip' }), 415, 'UNSUPPORTED_MEDIA_TYPE');
    expectRefusal(await post({ pings: [] }, { 'content-type': 'text/plain' }), 415, 'UNSUPPORTED_MEDIA_TYPE');
  });

  it('are refused where they cannot be counted, and the others of the batch are taken', async () => {
    expectRefusal(await post({ pings: [ping('before', { release: 'nothing-1' })] }), 404, 'RELEASE_UNKNOWN');
    expectRefusal(await post({ pings: [ping('before', { tier: 'invented' })] }), 400, 'TIER_UNKNOWN');
    expectRefusal(await post({ pings: [ping('before', { kernel: '6.1.0-57-amd64' })] }), 400, 'PING_MISMATCH');
    const odd = ping('before', { release: 'nothing-1' });
    expect((await post({ pings: [odd, ping('before')] })).json).toMatchObject({
      accepted: 1,
      duplicates: 0,
      refused: [{ id: odd.id, code: 'RELEASE_UNKNOWN' }],
    });
  });
});

describe('the admin interface', () => {
  it.each([
    ['GET', '/v1/admin/releases'],
    ['GET', '/v1/admin/audit'],
    ['POST', '/v1/admin/releases'],
    ['PUT', `/v1/admin/payloads/${'0'.repeat(64)}`],
    ['POST', '/v1/admin/blocklist'],
    ['DELETE', `/v1/admin/tokens/${randomUUID()}`],
  ])('asks for a token: %s %s', async (method, path) => {
    const without = await harness.ask(method, path, { token: null });
    expectRefusal(without, 401, 'UNAUTHORIZED');
    expect(without.headers['www-authenticate']).toContain('Bearer');
    expectRefusal(await harness.ask(method, path, { token: 'klp_wrong' }), 401, 'UNAUTHORIZED');
    expectRefusal(
      await harness.ask(method, path, { token: null, headers: { authorization: 'Basic YTpi' } }),
      401,
      'UNAUTHORIZED',
    );
  });

  it('makes tokens that may read, that end, and that can be taken back', async () => {
    const viewer = await harness.ask('POST', '/v1/admin/tokens', { body: { name: 'graphs', role: 'viewer' } });
    expect(viewer.status).toBe(201);
    const { token, id } = viewer.json;
    expect((await harness.ask('GET', '/v1/admin/releases', { token })).status).toBe(200);
    expectRefusal(
      await harness.ask('POST', '/v1/admin/tokens', { token, body: { name: 'mine', role: 'admin' } }),
      403,
      'FORBIDDEN',
    );
    const listed = await harness.ask('GET', '/v1/admin/tokens');
    expect(listed.bytes.toString()).not.toContain(token);
    expect((await harness.ask('DELETE', `/v1/admin/tokens/${id}`)).status).toBe(204);
    expectRefusal(await harness.ask('GET', '/v1/admin/releases', { token }), 401, 'UNAUTHORIZED');
    expectRefusal(await harness.ask('DELETE', `/v1/admin/tokens/${randomUUID()}`), 404, 'TOKEN_UNKNOWN');
    const old = await harness.ask('POST', '/v1/admin/tokens', { body: { name: 'old', role: 'viewer', expiresAt: 5 } });
    expectRefusal(await harness.ask('GET', '/v1/admin/releases', { token: old.json.token }), 401, 'UNAUTHORIZED');
  });

  it('moves a rollout and says what may not happen', async () => {
    const events = '/v1/admin/rollouts/again-1/events';
    expectRefusal(await harness.ask('POST', events, { body: { type: 'resume' } }), 409, 'EVENT_REFUSED');
    expectRefusal(await harness.ask('POST', events, { body: { type: 'promote' } }), 409, 'EVENT_REFUSED');
    expectRefusal(await harness.ask('POST', events, { body: { type: 'explode' } }), 400, 'BAD_REQUEST');
    expectRefusal(
      await harness.ask('POST', '/v1/admin/rollouts/none-1/events', { body: { type: 'pause' } }),
      404,
      'RELEASE_UNKNOWN',
    );
    const promoted = await harness.ask('POST', events, {
      body: { type: 'promote', override: true, note: 'looked at it' },
    });
    expect(promoted.json.rollout.tiers.map(({ tier }) => tier)).toEqual(['internal', 'proposed']);
    expect(
      (await harness.ask('POST', events, { body: { type: 'pause', note: 'odd graphs' } })).json.rollout.paused,
    ).toBe(true);
    expect((await harness.ask('GET', '/v1/rollouts/again-1')).json.paused).toBe(true);
    const { json } = await harness.ask('GET', '/v1/admin/audit?release=again-1');
    expect(json.rows.map(({ action }) => action)).toEqual(['rollout-pause', 'rollout-promote', 'release-published']);
    expect(json.rows[0]).toMatchObject({ actor: 'token:first-admin', detail: { note: 'odd graphs' } });
  });

  it('blocks and lifts', async () => {
    const blocked = await harness.ask('POST', '/v1/admin/blocklist', {
      body: { entry: { release: 'twice-1', action: 'disable', reason: 'panics-at-load' } },
    });
    expect(blocked.status).toBe(201);
    const { json: list } = await harness.ask('GET', '/v1/blocklist');
    expect(list.entries).toMatchObject([
      { release: 'twice-1', action: 'disable', kernels: '*', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    const lift = { release: 'twice-1', sha256: list.entries[0]?.sha256, reason: 'was-another' };
    expect((await harness.ask('POST', '/v1/admin/blocklist/lift', { body: lift })).json.entries).toEqual([]);
    expectRefusal(await harness.ask('POST', '/v1/admin/blocklist/lift', { body: lift }), 400, 'BLOCK_ENTRY_MALFORMED');
    expectRefusal(
      await harness.ask('POST', '/v1/admin/blocklist', {
        body: { entry: { release: 'x', action: 'explode', reason: 'y' } },
      }),
      400,
      'BAD_REQUEST',
    );
  });
});

describe('operations', () => {
  it('tells that it lives and works', async () => {
    expect((await harness.ask('GET', '/healthz')).json).toEqual({ ok: true });
    expect((await harness.ask('GET', '/readyz')).json).toEqual({ ok: true });
  });

  it('measures', async () => {
    const text = (await harness.ask('GET', '/metrics')).bytes.toString();
    expect(text).toContain('klpkit_database_up 1');
    expect(text).toMatch(/klpkit_rollout_share_ratio\{release="lp-1",tier="internal"\} 1/);
  });

  it('describes itself, every route of it', async () => {
    const json = documentOf(await harness.ask('GET', '/v1/openapi.json')) as OpenApi;
    expect(json.openapi).toBe('3.1.0');
    expect(Object.keys(json.paths)).toEqual(
      expect.arrayContaining(['/v1/offer', '/v1/pings', '/v1/payloads/{sha256}', '/v1/admin/rollouts/{key}/events']),
    );
    expect(json.paths['/v1/offer']?.get.parameters.map(({ name }) => name)).toEqual(['kernel', 'arch', 'tier']);
  });

  it('knows nothing else', async () => {
    expectRefusal(await harness.ask('GET', '/v2/offer'), 404, 'NOT_FOUND');
    expectRefusal(await harness.ask('POST', '/v1/offer'), 404, 'NOT_FOUND');
    expectRefusal(await harness.ask('GET', '/%'), 400, 'BAD_REQUEST');
  });
});
