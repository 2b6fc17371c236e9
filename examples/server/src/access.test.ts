import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Change } from './changes/change.ts';
import { type Changes, openChanges } from './changes/changes.ts';
import { openDatabase } from './database/database.ts';
import { type Answer, databaseOf, type Harness, ping, startHarness, until } from './testing/harness.ts';

let now = Date.now();
let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ clock: () => now, limits: { signInsPerMinute: 1000 } });
  await harness.publish();
  for (const [name, role] of Object.entries(people)) {
    const { status } = await harness.ask('POST', '/v1/admin/users', {
      body: { name, role, password: passwordOf(name) },
    });
    expect(status).toBe(201);
  }
});
afterAll(() => harness.close());

/** Resolves with the first change of all: the connection listens. */
const once = (changes: Changes): Promise<Change> =>
  new Promise((resolve) => {
    const stop = changes.subscribe((change) => {
      stop();
      resolve(change);
    });
  });

const people = { vera: 'viewer', otto: 'operator', ada: 'admin' } as const;
const passwordOf = (name: string): string => `correct horse of ${name}`;

const signIn = (name: string, password = passwordOf(name)): Promise<Answer> =>
  harness.ask('POST', '/v1/session', { body: { name, password } });

/** A browser that has signed in: sends its cookie everywhere, and the header where a page of ours asks. */
async function browserOf(name: string) {
  const { status, headers, json } = await signIn(name);
  expect(status).toBe(200);
  const cookie = String(headers['set-cookie']?.[0]).split(';', 1)[0] ?? '';
  return {
    csrf: json.csrf,
    ask: (method: string, path: string, more: { body?: unknown; headers?: Record<string, string> } = {}) =>
      harness.ask(method, path, {
        ...more,
        token: null,
        headers: { cookie, 'x-csrf-token': json.csrf, ...more.headers },
      }),
  };
}

const pause = { body: { type: 'pause' } };
const resume = { body: { type: 'resume' } };
const events = '/v1/admin/rollouts/lp-1/events';

describe('a session', () => {
  it('is a cookie that no script reads and no other site sends', async () => {
    const { headers, json } = await signIn('vera');
    const [cookie] = headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^__Host-klpkit-session=[\w-]{43}; /);
    for (const attribute of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/', 'Max-Age=43200'])
      expect(cookie).toContain(attribute);
    expect(cookie).not.toContain('Domain');
    expect(json).toEqual({ name: 'vera', role: 'viewer', csrf: expect.any(String), expiresAt: now + 12 * 3_600_000 });
  });

  it('tells who is signed in, and what belongs into the header', async () => {
    const { ask, csrf } = await browserOf('otto');
    expect((await ask('GET', '/v1/session')).json).toMatchObject({ name: 'otto', role: 'operator', csrf });
    expect((await harness.ask('GET', '/v1/session')).status).toBe(401);
  });

  it('is not opened by a wrong password, nor by a name that is not there, with the same words', async () => {
    const [wrong, nobody] = [
      await signIn('vera', 'something else entirely'),
      await signIn('nobody', 'something else entirely'),
    ];
    expect(wrong.status).toBe(401);
    expect(wrong.json).toEqual(nobody.json);
    expect(wrong.headers['set-cookie']).toBeUndefined();
  });

  it('ends with signing out, also for a copy of the cookie', async () => {
    const { ask } = await browserOf('vera');
    const { status, headers } = await ask('DELETE', '/v1/session');
    expect(status).toBe(204);
    expect(headers['set-cookie']?.[0]).toContain('Max-Age=0');
    expect((await ask('GET', '/v1/admin/releases')).status).toBe(401);
  });

  it('ends with its time', async () => {
    const { ask } = await browserOf('vera');
    now += 12 * 3_600_000;
    expect((await ask('GET', '/v1/admin/releases')).status).toBe(401);
  });

  it('ends when the person is removed', async () => {
    const body = { name: 'temp', role: 'viewer', password: passwordOf('temp') };
    await harness.ask('POST', '/v1/admin/users', { body });
    const { ask } = await browserOf('temp');
    expect((await harness.ask('DELETE', '/v1/admin/users/temp')).status).toBe(204);
    expect((await ask('GET', '/v1/admin/releases')).status).toBe(401);
  });

  it.each([
    ['a form of another site', { 'x-csrf-token': '' }],
    ['a guessed header', { 'x-csrf-token': 'A'.repeat(43) }],
    ['a browser that says that it comes from elsewhere', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling host', { 'sec-fetch-site': 'same-site' }],
  ])('changes nothing for %s', async (_what, headers) => {
    const { ask } = await browserOf('otto');
    const { status, json } = await ask('POST', events, { ...pause, headers });
    expect([status, json.code]).toEqual([403, 'CSRF_REFUSED']);
    expect((await ask('GET', '/v1/admin/rollouts/lp-1')).json.rollout.paused).toBe(false);
  });
});

describe('roles', () => {
  it('let a viewer read and nothing else', async () => {
    const { ask } = await browserOf('vera');
    expect((await ask('GET', '/v1/admin/rollouts/lp-1')).status).toBe(200);
    expect((await ask('GET', '/v1/admin/audit')).status).toBe(200);
    for (const [method, path, body] of [
      ['POST', events, pause.body],
      ['POST', '/v1/admin/blocklist', { entry: { release: 'lp-1', action: 'no-offer', reason: 'x' } }],
      ['GET', '/v1/admin/tokens', undefined],
      ['GET', '/v1/admin/users', undefined],
    ] as const)
      expect((await ask(method, path, { body })).json.code).toBe('FORBIDDEN');
  });

  it('let an operator move rollouts and block, under the own name, but give out nothing', async () => {
    const { ask } = await browserOf('otto');
    expect((await ask('POST', events, pause)).json.rollout.paused).toBe(true);
    expect((await ask('POST', events, resume)).json.rollout.paused).toBe(false);
    const { json } = await ask('GET', '/v1/admin/audit?release=lp-1&limit=1');
    expect(json.rows).toMatchObject([{ actor: 'user:otto', action: 'rollout-resume' }]);
    const body = { name: 'eve', role: 'admin', password: passwordOf('eve') };
    expect((await ask('POST', '/v1/admin/users', { body })).json.code).toBe('FORBIDDEN');
    expect((await ask('POST', '/v1/admin/releases', { body: { release: {} } })).json.code).toBe('FORBIDDEN');
  });

  it('let an administrator give out access, once a name', async () => {
    const { ask } = await browserOf('ada');
    const body = { name: 'zoe', role: 'viewer', password: passwordOf('zoe') };
    expect((await ask('POST', '/v1/admin/users', { body })).json).toMatchObject({ name: 'zoe', role: 'viewer' });
    expect((await ask('POST', '/v1/admin/users', { body })).json.code).toBe('USER_EXISTS');
    const listed = (await ask('GET', '/v1/admin/users')).bytes.toString();
    expect(listed).toContain('zoe');
    expect(listed).not.toContain('argon2');
    expect((await ask('DELETE', '/v1/admin/users/nobody')).json.code).toBe('USER_UNKNOWN');
  });

  it('count the token before the cookie', async () => {
    const { ask } = await browserOf('ada');
    const headers = { authorization: 'Bearer klp_invented' };
    expect((await ask('GET', '/v1/admin/releases', { headers })).status).toBe(401);
  });

  it.each([
    ['a short password', { name: 'x', role: 'viewer', password: 'short' }],
    ['a name with markup', { name: '<b>x</b>', role: 'viewer', password: passwordOf('x') }],
    ['a role of its own', { name: 'x', role: 'root', password: passwordOf('x') }],
  ])('refuse %s', async (_what, body) => {
    expect((await harness.ask('POST', '/v1/admin/users', { body })).json.code).toBe('BAD_REQUEST');
  });
});

describe('signing in', () => {
  it('is slowed down for one address', async () => {
    const slow = await startHarness();
    try {
      const statuses: number[] = [];
      for (let count = 0; count < 12; count += 1) {
        const body = { name: 'vera', password: `a wrong password no ${count}` };
        statuses.push((await slow.ask('POST', '/v1/session', { body })).status);
      }
      expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 401));
      expect(statuses.slice(10)).toEqual([429, 429]);
    } finally {
      await slow.close();
    }
  });
});

describe('changes', () => {
  it('tell of acts and counts, in the order of their commits', async () => {
    // As another server process on the same database hears it.
    const database = openDatabase(databaseOf(harness.stateDir), { log: pino({ level: 'silent' }) });
    const changes = openChanges(database);
    const heard: Change[] = [];
    const listens = once(changes);
    changes.subscribe((change) => heard.push(change));
    await listens;
    await harness.ask('POST', events, pause);
    await harness.ask('POST', events, resume);
    await harness.ask('POST', '/v1/pings', { body: { pings: [ping('before')] } });
    // What the tests before this one did to the clock and sent may be told only now: the server's own act, and counts before these acts.
    const acts = (): Change[] => heard.filter((change) => change.kind === 'act' && change.actor !== 'server');
    const afterActs = (): Change[] => heard.slice(heard.findLastIndex(({ kind }) => kind === 'act') + 1);
    await until(() => acts().length === 2 && afterActs().some(({ kind }) => kind === 'counts'));
    await database.close();
    expect(acts()).toEqual([
      expect.objectContaining({ kind: 'act', actor: 'token:first-admin', action: 'rollout-pause', release: 'lp-1' }),
      expect.objectContaining({ kind: 'act', action: 'rollout-resume', release: 'lp-1' }),
    ]);
    expect(afterActs()).toContainEqual({ kind: 'counts', releases: ['lp-1'] });
  });
});
