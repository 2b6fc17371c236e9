import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flood } from './testing/flood.ts';
import { type Harness, offerPath, ping, startHarness, until } from './testing/harness.ts';

let harness: Harness;
let folder: string;
const lines: string[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'klpkit-hostile-'));
  makeClientCertificate(folder);
  harness = await startHarness(
    {
      logLevel: 'info',
      tls: { clientAuthority: readFileSync(join(folder, 'ca.crt'), 'utf8') },
      limits: {
        requestsPerMinute: null,
        connectionsPerMinute: null,
        headersTimeoutMs: 1_000,
        requestTimeoutMs: 2_000,
        maxConnections: 300,
      },
    },
    { logTo: { write: (line: string) => void lines.push(line) } },
  );
  await harness.publish();
});
afterAll(async () => {
  await harness.close();
  rmSync(folder, { recursive: true, force: true });
});

/** An authority and a client's certificate, as a company's own PKI makes them. */
function makeClientCertificate(to: string): void {
  const openssl = (...words: string[]): void => void execFileSync('openssl', words, { cwd: to, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=fleet', '-days', '2');
  openssl('req', ...key, '-keyout', 'machine.key', '-out', 'machine.csr', '-subj', '/CN=machine');
  openssl(
    'x509',
    '-req',
    '-in',
    'machine.csr',
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-out',
    'machine.crt',
    '-days',
    '1',
  );
}

/** A machine with its certificate. */
function machine(): Agent {
  const [cert, key] = ['machine.crt', 'machine.key'].map((name) => readFileSync(join(folder, name)));
  return new Agent({ keepAlive: true, ca: harness.server.certificate, cert: cert!, key: key! });
}

describe('mutual TLS', () => {
  it('lets machines with a certificate through, and no others', async () => {
    const agent = machine();
    expect((await harness.ask('GET', offerPath('internal'), { agent })).status).toBe(200);
    expect((await harness.ask('POST', '/v1/pings', { agent, body: { pings: [ping('before')] } })).json.accepted).toBe(
      1,
    );
    for (const [method, path] of [
      ['GET', offerPath('internal')],
      ['GET', '/v1/blocklist'],
      ['POST', '/v1/pings'],
    ] as const) {
      const { status, json } = await harness.ask(method, path);
      expect([status, json.code]).toEqual([401, 'CLIENT_CERTIFICATE_NEEDED']);
    }
    agent.destroy();
  });

  it('does not ask people for one', async () => {
    expect((await harness.ask('GET', '/v1/admin/releases')).status).toBe(200);
    expect((await harness.ask('GET', '/healthz')).status).toBe(200);
  });
});

const sql = `'; drop table pings; --`;
const html = '<script>alert(1)</script>';

describe('a hostile body', () => {
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    harness.ask('POST', '/v1/pings', { agent, body, headers });
  let agent: Agent;
  beforeAll(() => {
    agent = machine();
  });
  afterAll(() => agent.destroy());

  const fields = ['id', 'attemptId', 'release', 'kernel', 'arch', 'tier', 'sentAt', 'kind', 'cpuFamily'];
  it.each(
    fields.flatMap((field) =>
      [sql, html, '\u0000', '\ud800', 'x'.repeat(100_000)].map((text) => [field, text] as const),
    ),
  )('is refused where %s is %j', async (field, text) => {
    const { status, json } = await post({ pings: [ping('before', { [field]: text })] });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      ok: false,
      code: expect.stringMatching(/^(PING_MALFORMED|RELEASE_UNKNOWN|TIER_UNKNOWN|PING_MISMATCH)$/),
    });
    expect(JSON.stringify(json)).not.toContain(text);
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['no JSON', Buffer.from('{"pings":[')],
    ['a prototype', Buffer.from('{"pings":[],"__proto__":{"admin":true}}')],
    ['a million brackets', Buffer.from('['.repeat(1_000_000))],
    ['a number beyond all', Buffer.from(`{"pings":${'9'.repeat(400)}}`)],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ['a byte too many', Buffer.alloc(4 * 1024 * 1024 + 1, 0x20)],
  ])('of %s is refused', async (_what, body) => {
    const { status, json } = await post(body, { 'content-type': 'application/json' });
    expect([400, 413]).toContain(status);
    expect(json).toMatchObject({ ok: false, message: expect.stringMatching(/\.$/) });
  });

  it('that has come whole costs no new connection', async () => {
    const one = machine();
    const headers = { 'content-type': 'application/json' };
    await harness.ask('POST', '/v1/pings', { agent: one, body: Buffer.from('{"pings":['), headers });
    await until(() => Object.keys(one.freeSockets).length === 1);
    one.destroy();
  });

  it.each(['gzip', 'br', 'deflate', 'zstd', 'gzip, gzip'])('that is packed (%s) is not unpacked', async (encoding) => {
    // A gigabyte once it is unpacked ten times over.
    const { status, json } = await post(gzipSync(Buffer.alloc(10_000_000)), {
      'content-type': 'application/json',
      'content-encoding': encoding,
    });
    expect([status, json.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  it('of a replay changes nothing', async () => {
    const pings = [ping('before'), ping('before')];
    expect((await post({ pings })).json.accepted).toBe(2);
    for (let time = 0; time < 5; time += 1)
      expect((await post({ pings })).json).toMatchObject({ accepted: 0, duplicates: 2 });
  });

  it('is logged once, and nothing of it is', async () => {
    const secret = `secret-${randomUUID()}`;
    const before = lines.length;
    await post({ pings: [ping('before', { machine: secret })] });
    await until(() => lines.length > before);
    expect(lines.slice(before)).toHaveLength(1);
    expect(lines.join('')).not.toContain(secret);
  });
});

describe('a note of a person', () => {
  it('comes back as it was written, as JSON that no browser takes for a page', async () => {
    const note = `${sql}${html}`;
    await harness.ask('POST', '/v1/admin/rollouts/lp-1/events', { body: { type: 'pause', note } });
    const { json, headers } = await harness.ask('GET', '/v1/admin/audit?limit=1');
    expect(json.rows[0]?.detail.note).toBe(note);
    expect(headers['content-type']).toMatch(/^application\/json/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    await harness.ask('POST', '/v1/admin/rollouts/lp-1/events', { body: { type: 'resume' } });
  });

  it('about a block stands in the audit trail, and nothing of it in what machines get', async () => {
    const agent = machine();
    const entry = { release: 'noted-1', sha256: null, action: 'no-offer', reason: 'slower' };
    const notes = [
      `${sql}${html}\r\nIt took 3 % more.\tSee KLP-7.`,
      'A wrong graph: 3 % more is what it costs.',
    ] as const;
    expect((await harness.ask('POST', '/v1/admin/blocklist', { body: { entry, note: notes[0] } })).status).toBe(201);
    const blocked = await harness.ask('GET', '/v1/blocklist', { agent });
    expect(blocked.json.entries).toMatchObject([{ release: 'noted-1', reason: 'slower' }]);
    const lift = { release: 'noted-1', sha256: null, reason: 'false-alarm', note: notes[1] };
    expect((await harness.ask('POST', '/v1/admin/blocklist/lift', { body: lift })).status).toBe(200);
    const lifted = await harness.ask('GET', '/v1/blocklist', { agent });
    expect(String(Buffer.concat([blocked.bytes, lifted.bytes]))).not.toMatch(/KLP-7|graph|note"/);
    const { json } = await harness.ask('GET', '/v1/admin/audit?release=noted-1');
    expect(json.rows.map(({ detail }) => detail.note)).toEqual(notes.toReversed());
    agent.destroy();
  });

  it.each([
    ['empty', ''],
    ['of more than 1000 characters', 'x'.repeat(1001)],
    ['no text', { toString: 'x' }],
    ['with a NUL', 'a\u0000b'],
    ['with an escape of a terminal', '\u001b[2J'],
    ['with a lone carriage return', 'good\rbad'],
    ['that reads backwards', 'good \u202ereverof'],
    ['with half a character', '\ud800'],
  ])('is refused where it is %s', async (_, note) => {
    const entry = { release: 'noted-2', sha256: null, action: 'no-offer', reason: 'slower' };
    for (const [path, body] of [
      ['/v1/admin/blocklist', { entry }],
      ['/v1/admin/blocklist/lift', { release: 'noted-1', sha256: null, reason: 'x' }],
      ['/v1/admin/rollouts/lp-1/events', { type: 'pause' }],
    ] as const) {
      const { status, json } = await harness.ask('POST', path, { body: { ...body, note } });
      expect([path, status, json.code]).toEqual([path, 400, 'BAD_REQUEST']);
    }
  });
});

describe('wrong tokens', () => {
  it.each(['', 'x', 'klp_', `klp_${'A'.repeat(43)}`, 'klp_\u00e9', "' or 1=1 --", 'A'.repeat(10_000)])(
    'are refused: %j',
    async (token) => {
      const { status, json } = await harness.ask('GET', '/v1/admin/tokens', {
        headers: { authorization: `Bearer ${token}` },
        token: null,
      });
      expect([status, json.code]).toEqual([401, 'UNAUTHORIZED']);
    },
  );

  it.each(['Basic YWRtaW46YWRtaW4=', 'bearer', 'Bearer  two words', 'Digest username="x"'])(
    'as are other schemes: %s',
    async (authorization) => {
      expect((await harness.ask('GET', '/v1/admin/tokens', { headers: { authorization }, token: null })).status).toBe(
        401,
      );
    },
  );
});

describe('slow and many connections', () => {
  const port = (): number => Number(new URL(harness.server.url).port);

  it('that never finish their headers are cut off, while others are answered', async () => {
    const slow = Array.from({ length: 100 }, () => {
      const socket = connectTls({ port: port(), host: '127.0.0.1', rejectUnauthorized: false });
      socket.on('error', () => undefined);
      socket.once('secureConnect', () => socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: '));
      socket.resume();
      return new Promise<void>((resolve) => socket.once('close', () => resolve()));
    });
    expect((await harness.ask('GET', '/healthz')).status).toBe(200);
    await Promise.all(slow);
  });

  it('that never finish their body are cut off', async () => {
    const socket = connectTls({ port: port(), host: '127.0.0.1', rejectUnauthorized: false });
    const closed = once(
      socket.on('error', () => undefined),
      'close',
    );
    socket.write(
      'POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
    );
    socket.resume();
    await closed;
  });

  it('that never begin a handshake are cut off', async () => {
    const socket = connectTcp({ port: port(), host: '127.0.0.1' });
    await once(
      socket.on('error', () => undefined),
      'close',
    );
  });

  it('that begin a handshake and say no more are cut off', async () => {
    const socket = connectTcp({ port: port(), host: '127.0.0.1' }).resume();
    const closed = once(
      socket.on('error', () => undefined),
      'close',
    );
    // The first byte of a TLS record with a handshake (RFC 8446, 5.1).
    socket.write(Buffer.of(0x16));
    await closed;
  });

  it('that say nothing do not keep a server from going down', async () => {
    const other = await startHarness({ limits: { headersTimeoutMs: 60_000 } });
    const socket = connectTcp({ port: Number(new URL(other.server.url).port), host: '127.0.0.1' }).resume();
    const closed = once(
      socket.on('error', () => undefined),
      'close',
    );
    await once(socket, 'connect');
    // Whoever comes later is answered only when the server has that one, too.
    expect((await other.ask('GET', '/healthz')).status).toBe(200);
    await Promise.all([other.close(), closed]);
  });

  it('of which far more come than there may be leave the server answering whoever is in', async () => {
    const agent = machine();
    expect((await harness.ask('GET', offerPath('internal'), { agent })).status).toBe(200);
    await flood(port(), 2_000, async () => {
      expect((await harness.ask('GET', offerPath('internal'), { agent })).status).toBe(200);
    });
    expect((await harness.ask('POST', '/v1/pings', { agent, body: { pings: [ping('before')] } })).json.accepted).toBe(
      1,
    );
    agent.destroy();
  });
});

describe('a trace', () => {
  it('that a request belongs to stands in its log line', async () => {
    const traceId = randomUUID().replaceAll('-', '');
    const before = lines.length;
    await harness.ask('GET', '/v1/nothing', { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } });
    const line = await until(() => lines.slice(before).find((one) => one.includes(traceId)));
    expect(JSON.parse(line)).toMatchObject({ trace_id: traceId, span_id: '00f067aa0ba902b7', status: 404 });
  });

  it.each([
    '00-xyz',
    `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
    `ff-${'a'.repeat(32)}-00f067aa0ba902b7-01`,
    '<script>',
  ])('that is none is left out: %s', async (traceparent) => {
    const before = lines.length;
    await harness.ask('GET', '/v1/nothing', { headers: { traceparent } });
    const line = await until(() => lines.slice(before).find((one) => one.includes('"route":"none"')));
    expect(JSON.parse(line)).not.toHaveProperty('trace_id');
  });
});
