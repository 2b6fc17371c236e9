import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Harness, startHarness } from './testing/harness.ts';
import { type IdentityProvider, startIdentityProvider } from './testing/identity-provider.ts';

let provider: IdentityProvider;
let harness: Harness;
const clientSecret = 'a-secret-of-the-client-that-no-log-may-hold';
const publicUrl = 'https://patches.example.org';
const client = { clientId: 'klpkit', clientSecret, publicUrl };
const lines: string[] = [];

beforeAll(async () => {
  provider = await startIdentityProvider(client, { sub: 'otto', groups: ['kernel-operators'] });
  harness = await startHarness(
    {
      logLevel: 'trace',
      limits: { signInsPerMinute: 1000 },
      oidc: {
        ...client,
        issuer: provider.issuer,
        roles: { viewer: ['everybody'], operator: ['kernel-operators'] },
      },
    },
    { logTo: { write: (line: string) => void lines.push(line) } },
  );
});
afterAll(async () => {
  await harness.close();
  await provider.close();
});

const cookiesOf = (lists: readonly (string | readonly string[] | undefined | null)[]): string =>
  lists
    .flat()
    .map((one) => (one ?? '').split(';', 1)[0] ?? '')
    .filter((one) => one !== '')
    .join('; ');

/** Goes to the provider as a browser does; gives the path that it sends the browser back to, and our cookie of the attempt. */
async function signInAtProvider(): Promise<{ path: string; cookie: string }> {
  const begun = await harness.ask('GET', '/v1/session/oidc');
  expect(begun.status).toBe(302);
  const cookie = cookiesOf([begun.headers['set-cookie']]);
  let location = String(begun.headers.location);
  const jar = new Map<string, string>();
  while (location.startsWith(provider.issuer)) {
    const answer = await fetch(location, { redirect: 'manual', headers: { cookie: [...jar.values()].join('; ') } });
    for (const one of answer.headers.getSetCookie()) jar.set(one.split('=', 1)[0] ?? '', cookiesOf([one]));
    await answer.text();
    location = new URL(answer.headers.get('location') ?? '/', location).href;
  }
  return { path: location.slice(publicUrl.length), cookie };
}

async function signIn(): Promise<Answer> {
  const { path, cookie } = await signInAtProvider();
  return harness.ask('GET', path, { headers: { cookie } });
}

describe('signing in at an identity provider', () => {
  it('opens a session with the role of the person’s group', async () => {
    const back = await signIn();
    expect([back.status, back.headers.location]).toEqual([302, '/']);
    const cookie = cookiesOf([back.headers['set-cookie']]);
    const { json } = await harness.ask('GET', '/v1/session', { headers: { cookie } });
    expect(json).toMatchObject({ name: 'otto@oidc', role: 'operator' });
    const read = await harness.ask('GET', '/v1/admin/audit', { token: null, headers: { cookie } });
    expect(read.json.rows).toMatchObject([
      { actor: 'user:otto@oidc', action: 'signed-in', detail: { subject: 'otto' } },
    ]);
  });

  it('opens none for somebody of another group', async () => {
    provider.person = { sub: 'eve', groups: ['strangers'] };
    const back = await signIn();
    expect([back.status, back.json.code]).toEqual([403, 'FORBIDDEN']);
    expect(back.headers['set-cookie']).toBeUndefined();
    provider.person = { sub: 'otto', groups: ['kernel-operators'] };
  });

  it.each([
    ['another browser', (path: string) => ({ path, cookie: '' })],
    [
      'a forged state',
      (path: string, cookie: string) => ({ path: path.replace(/state=[^&]+/, 'state=forged'), cookie }),
    ],
    ['a forged code', (path: string, cookie: string) => ({ path: path.replace(/code=[^&]+/, 'code=forged'), cookie })],
    [
      'another issuer',
      (path: string, cookie: string) => ({ path: path.replace(/iss=[^&]+/, 'iss=https%3A%2F%2Fevil.example'), cookie }),
    ],
  ])('opens none with the answer in %s', async (_what, forge) => {
    const { path, cookie } = await signInAtProvider();
    const forged = forge(path, cookie);
    const { status, json, headers } = await harness.ask('GET', forged.path, { headers: { cookie: forged.cookie } });
    expect([status, json.code]).toEqual([401, 'UNAUTHORIZED']);
    expect(headers['set-cookie']).toBeUndefined();
  });

  it('sends a browser to the page that says why not, and tells the log', async () => {
    const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
    const { status, headers } = await harness.ask('GET', '/v1/session/oidc/callback?code=1&state=2', { headers: html });
    expect([status, headers.location]).toEqual([302, '/dashboard/?sign-in=UNAUTHORIZED']);
    expect(headers['set-cookie']).toBeUndefined();
    expect(lines.some((line) => line.includes('a sign-in at the identity provider was refused'))).toBe(true);
  });

  it('opens none with an answer that was used', async () => {
    const { path, cookie } = await signInAtProvider();
    expect((await harness.ask('GET', path, { headers: { cookie } })).status).toBe(302);
    expect((await harness.ask('GET', path, { headers: { cookie } })).status).toBe(401);
  });

  it('leaves no secret in the log', () => {
    expect(lines.join('')).not.toContain(clientSecret);
    expect(lines.join('')).not.toContain('code=');
  });
});
