import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Harness, kernel, offerPath, ping, startHarness, until } from './testing/harness.ts';

/** What is put into every field that holds text, one at a time. */
const hostile: Readonly<Record<string, string>> = {
  SQL: `'); drop table pings; --`,
  markup: '<img src=x onerror=alert(1)>',
  'a formula': '=HYPERLINK("https://evil.example")',
  'a path': '../../../../etc/passwd',
  NUL: 'a\u0000b',
  'half a character': 'a\ud800b',
  'a prototype': '__proto__',
  'an escape of a terminal': '\u001b[2J\r\n',
  'too much': 'x'.repeat(70_000),
  nothing: '',
};

const lines: string[] = [];
let harness: Harness;
beforeAll(async () => {
  harness = await startHarness(
    { logLevel: 'warn', limits: { requestsPerMinute: null, signInsPerMinute: 100_000 } },
    { logTo: { write: (line: string) => void lines.push(line) } },
  );
  await harness.publish();
});
afterAll(() => harness.close());

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** The same value once for each text in it, with that text replaced; and what is replaced. */
function* replaced(value: Json, text: string, path = ''): Generator<readonly [string, Json]> {
  if (typeof value === 'string') yield [path, text];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries<Json>(value))
    for (const [where, changed] of replaced(inner, text, `${path}.${key}`))
      yield [where, isList(value) ? value.with(Number(key), changed) : { ...value, [key]: changed }];
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** Refused with a code, or taken as the text that it is; never a failure of the server's own. */
function expectHandled(what: string, answer: Answer): void {
  expect([what, answer.status < 500]).toEqual([what, true]);
  if (answer.status >= 400) expect([what, answer.json]).toMatchObject([what, { ok: false, code: expect.any(String) }]);
}

const incident = { kind: 'fault', title: 'BUG: x', attribution: 'strong', trace: ['Call Trace:'] };
const pings: readonly Record<string, unknown>[] = [
  ping('before', { cpuFamily: 'intel-6' }),
  ping('after', { durationMs: 1 }),
  ping('check', { outcome: 'held', reason: 'not-in-phase' }),
  ping('error', {
    phase: 'health',
    code: 'KERNEL_FAULT',
    errno: 'EBUSY',
    kernelLine: 'BUG',
    incidents: [incident],
    stalledTasks: ['kworker'],
  }),
  ping('left'),
  ping('control-before'),
  ping('control-after', { healthy: true }),
];
const release = {
  name: 'x',
  version: '1',
  reroll: 0,
  kernel,
  arch: 'x86_64',
  sha256: 'a'.repeat(64),
  size: 1,
  fixes: ['CVE-2026-1'],
  endOfLife: null,
  evidence: null,
};
const bodies: readonly (readonly [method: string, path: string, body: Json])[] = [
  ...pings.map((one) => ['POST', '/v1/pings', { pings: [one as Json] }] as const),
  ['POST', '/v1/admin/releases', { release }],
  ['POST', '/v1/admin/rollouts/lp-1/events', { type: 'withdrawn', note: 'x' }],
  [
    'POST',
    '/v1/admin/blocklist',
    { entry: { release: 'x-1', kernels: [kernel], action: 'no-offer', reason: 'x' }, note: 'x' },
  ],
  ['POST', '/v1/admin/blocklist/lift', { release: 'x-1', sha256: 'a'.repeat(64), reason: 'x', note: 'x' }],
  ['POST', '/v1/admin/tokens', { name: 'x', role: 'tier', tier: 'internal' }],
  ['POST', '/v1/admin/users', { name: 'x', role: 'viewer', password: 'fifteen letters' }],
  ['POST', '/v1/session', { name: 'x', password: 'fifteen letters' }],
];

describe.each(Object.entries(hostile))('%s in every field', (_, text) => {
  it.each(bodies)('of %s %s', async (method, path, body) => {
    for (const [where, changed] of replaced(body, text)) {
      // Each ping is a new one, but for what is hostile in it.
      const fresh = JSON.parse(JSON.stringify(changed), (key, value: unknown) =>
        key === 'id' && value !== text ? randomUUID() : value,
      ) as Json;
      expectHandled(`${path} ${where}`, await harness.ask(method, path, { body: fresh, token: harness.token }));
    }
  });

  it.each([
    ['GET', '/v1/offer?kernel=*&arch=x86_64&tier=internal'],
    ['GET', `/v1/offer?kernel=${kernel}&arch=*&tier=internal`],
    ['GET', `/v1/offer?kernel=${kernel}&arch=x86_64&tier=*`],
    ['GET', '/v1/rollouts/*'],
    ['GET', '/v1/payloads/*'],
    ['GET', '/v1/admin/rollouts/*'],
    ['GET', '/v1/admin/audit?release=*'],
    ['GET', '/v1/admin/audit?before=*'],
    ['GET', '/v1/reports/coverage?tier=*'],
    ['GET', '/v1/reports/coverage?format=*'],
    ['GET', '/v1/reports/patch-health?release=*'],
    ['GET', '/v1/reports/openvex/*'],
    ['GET', '/v1/reports/openvex/lp-1?product=*'],
    ['GET', '/v1/dashboard/patches/*'],
    ['DELETE', '/v1/admin/tokens/*'],
    ['DELETE', '/v1/admin/users/*'],
    ['GET', '/v1/session/oidc/callback?code=*&state=*'],
    ['GET', '/dashboard/?sign-in=*'],
    ['GET', '/*'],
  ])('of the address of %s %s', async (method, path) => {
    // Half a character cannot stand in an address, and no client sends one that is longer than a header may be.
    const part = encodeURIComponent(text.toWellFormed().slice(0, 4_000));
    expectHandled(path, await harness.ask(method, path.replaceAll('*', part), { token: harness.token }));
  });
});

it('all of that harmed nothing, and the log has no failure of the server', async () => {
  expect((await harness.ask('GET', offerPath('internal'))).json.offer?.release.name).toBe('lp');
  const one = ping('before');
  expect((await harness.ask('POST', '/v1/pings', { body: { pings: [one] } })).json.accepted).toBe(1);
  await until(async () => (await harness.ask('GET', '/v1/admin/rollouts/lp-1')).json.evidence.n > 0);
  for (const path of ['/v1/dashboard/patches/lp-1', '/v1/reports/patch-health?format=csv'])
    expect((await harness.ask('GET', path, { token: harness.token })).status).toBe(200);
  expect(lines.filter((line) => /"level":(50|60)/.test(line))).toEqual([]);
});
