import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crash, publishFleet } from '../testing/dashboard/fleet.ts';
import { documentOf, type Harness, startHarness, until } from '../testing/harness.ts';
import type { OverviewView } from './views.ts';

let harness: Harness;
/** The server's clock; tests move it, and only forward. */
let now = Date.now();
beforeAll(async () => {
  const policy = { p0: 0.01, pBad: 0.1, alpha: 0.01, beta: 0.05 };
  harness = await startHarness({ clock: () => now, gate: { policy, intervalMs: 50 } });
}, 120_000);
afterAll(() => harness.close());

const asAdmin = (path: string, headers: Record<string, string> = {}) =>
  harness.ask('GET', path, { token: harness.token, headers });

let kernels = 0;
function fleet(name: string) {
  kernels += 1;
  return publishFleet(harness, { name, kernel: `6.1.${kernels}-amd64`, fixes: ['CVE-2026-1001'] }, () => now);
}

describe('the view of a patch', () => {
  it('shows outcomes, pings, failures with their traces, and why checks were held', async () => {
    const lp = await fleet('view');
    await lp.report(lp.good(4), lp.bad(2), lp.bad(1, { phase: 'insert', code: 'KEY_REJECTED', errno: 'EKEYREJECTED' }));
    await lp.report(lp.check(3, { reason: 'not-in-phase' }), lp.check(1, { outcome: 'blocked' }));
    const view = await until(async () => {
      const found = await lp.view();
      return found.evidence.n === 7 && found.blocked !== null && found;
    });
    expect(view).toMatchObject({
      kernel: lp.kernel,
      status: 'paused',
      statusBy: 'gate',
      blocked: 'no-apply',
      tier: 'internal',
    });
    expect(view.pings).toContainEqual({ kind: 'error', pings: 3, late: 0 });
    const [incident] = crash.incidents;
    expect(view.failures).toMatchObject([
      {
        failures: 2,
        title: incident?.title,
        trace: incident?.trace,
        kernel: lp.kernel,
        arch: 'x86_64',
        code: 'KERNEL_FAULT',
      },
      { failures: 1, title: '', code: 'KEY_REJECTED', phase: 'insert', trace: [] },
    ]);
    expect(view.checks).toMatchObject([
      { outcome: 'held', reason: 'not-in-phase', checks: 3 },
      { outcome: 'blocked', reason: '', checks: 1 },
    ]);
    expect(view.audit.map(({ action }) => action)).toEqual(['blocklist-block', 'rollout-pause', 'release-published']);
    expect(view.acts.map(({ type }) => type)).toEqual(['resume', 'withdraw']);
    expect(view.history.at(-1)).toMatchObject({ n: 7, failed: 3, lnHalt: view.decision.lnHalt });
  });

  it('keeps the evidence over time, as often as it changes and no more often', async () => {
    const lp = await fleet('history');
    for (let step = 0; step < 5; step += 1) {
      now += 60_000;
      await lp.report(lp.good(10));
      await until(async () => (await lp.view()).history.length === step + 2);
    }
    const { history } = await lp.view();
    expect(history.map(({ n }) => n)).toEqual([10, 20, 30, 40, 50, 50]);
    const times = history.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('keeps no more different words of senders than it has room for', async () => {
    const lp = await fleet('words');
    const titled = (index: number) =>
      lp.bad(1, {
        phase: 'health',
        code: 'KERNEL_FAULT',
        incidents: [{ ...crash.incidents[0], title: `BUG: number ${index}` }],
      });
    await lp.report(...Array.from({ length: 320 }, (_, index) => titled(index)));
    await lp.report(...Array.from({ length: 110 }, (_, index) => lp.check(1, { reason: `reason-${index}` })));
    const report = await asAdmin(`/v1/reports/patch-health?release=${lp.key}`);
    const { rows } = documentOf(report) as { rows: { what: string }[] };
    const failures = rows.filter(({ what }) => what === 'failure');
    expect(failures).toHaveLength(301);
    expect(failures).toContainEqual(expect.objectContaining({ detail: '(others)', count: 20 }));
    const checks = rows.filter(({ what }) => what === 'check');
    expect(checks).toHaveLength(101);
    expect(checks).toContainEqual(expect.objectContaining({ detail: 'held: others', count: 10 }));
  });

  it('is there for who may read, and for nobody else', async () => {
    const lp = await fleet('access');
    for (const path of ['/v1/dashboard/patches', `/v1/dashboard/patches/${lp.key}`, '/v1/dashboard/events'])
      expect((await harness.ask('GET', path)).status).toBe(401);
    expect((await asAdmin('/v1/dashboard/patches/nobody-1')).json).toMatchObject({ code: 'RELEASE_UNKNOWN' });
    expect((await asAdmin('/v1/dashboard/patches/..%2f..')).status).toBe(400);
  });
});

describe('the overview', () => {
  it('sums up every patch, newest first, with the blocklist and the last acts', async () => {
    const [older, newer] = [await fleet('older'), await fleet('newer')];
    await newer.report(newer.good(2));
    const overview = documentOf(await asAdmin('/v1/dashboard/patches')) as OverviewView;
    const keys = overview.patches.map(({ key }) => key);
    expect(keys.indexOf(newer.key)).toBeLessThan(keys.indexOf(older.key));
    expect(overview.patches.find(({ key }) => key === newer.key)).toMatchObject({
      evidence: { n: 2, failed: 0, open: 0 },
    });
    expect(overview.patches.find(({ key }) => key === older.key)).toMatchObject({
      evidence: { n: 0 },
      status: 'running',
    });
    expect(overview.audit[0]).toMatchObject({ action: 'release-published', release: newer.key });
  });
});

describe('the page', () => {
  it('allows no script, style or connection but its own, and no markup out of strings', async () => {
    const { headers, status } = await harness.ask('GET', '/dashboard/');
    const policy = String(headers['content-security-policy']);
    expect(status).toBe(200);
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "require-trusted-types-for 'script'",
      "frame-ancestors 'none'",
    ])
      expect(policy).toContain(part);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cross-origin-opener-policy': 'same-origin' });
  });

  it('has no inline script or style, and names no other host', async () => {
    const names = ['', 'app.js', 'style.css', 'views/patch.js', 'vendor/lit-html/lit-html.js'];
    const files = await Promise.all(names.map((name) => harness.ask('GET', `/dashboard/${name}`)));
    expect(files.map(({ status }) => status)).toEqual(names.map(() => 200));
    const [index] = files;
    expect(index?.bytes.toString()).not.toMatch(/<style|style=|<script(?![^>]* src=)|\bon\w+=|https?:/);
  });

  it('is answered with 304 where it is known, and with nothing but its own files', async () => {
    const { headers } = await harness.ask('GET', '/dashboard/app.js');
    const again = await harness.ask('GET', '/dashboard/app.js', { headers: { 'if-none-match': String(headers.etag) } });
    expect([again.status, again.bytes.length]).toEqual([304, 0]);
    for (const path of [
      '../package.json',
      '..%2fpackage.json',
      '%2e%2e/src/main.ts',
      'tsconfig.json',
      '/etc/passwd',
      'vendor/lit-html/package.json',
    ])
      expect([path, (await harness.ask('GET', `/dashboard/${path}`)).status]).toEqual([path, 404]);
  });

  it('knows how one may sign in before somebody does', async () => {
    expect((await harness.ask('GET', '/v1/sign-in')).json).toEqual({ provider: false });
  });

  it('is where the bare address leads', async () => {
    expect((await harness.ask('GET', '/')).headers.location).toBe('/dashboard/');
  });
});

describe('the stream of events', () => {
  /** Opens a stream and gathers what it says. */
  async function listen(headers: Record<string, string> = {}) {
    const agent = new Agent({ ca: harness.server.certificate });
    const outgoing = request(new URL('/v1/dashboard/events', harness.server.url), {
      agent,
      headers: { authorization: `Bearer ${harness.token}`, ...headers },
    });
    outgoing.on('error', () => undefined).end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const heard = { text: '', isOver: false };
    response.on('data', (chunk: Buffer) => (heard.text += chunk.toString())).on('error', () => undefined);
    response.on('close', () => (heard.isOver = true));
    const lastId = () => /id: (\S+)\n(?![\s\S]*id: )/.exec(heard.text)?.[1] ?? '';
    return {
      status: response.statusCode,
      type: response.headers['content-type'],
      heard,
      lastId,
      close: () => outgoing.destroy(),
    };
  }

  it('tells what changed, and who comes back what was missed', async () => {
    const lp = await fleet('live');
    const first = await listen();
    expect([first.status, first.type]).toEqual([200, 'text/event-stream']);
    await until(() => first.heard.text.includes('"releases":"all"'));
    await lp.report(lp.good(1));
    await until(() => first.heard.text.includes(`"releases":["${lp.key}"]`));
    const id = first.lastId();
    first.close();
    await lp.report(lp.good(1));
    const second = await listen({ 'last-event-id': id });
    await until(() => second.heard.text.includes('data: '));
    expect(second.heard.text).toContain(`"releases":["${lp.key}"]`);
    expect(second.heard.text).not.toContain('"all"');
    second.close();
  });

  it('is limited for one person, and free again when pages are closed', async () => {
    const open = await Promise.all(Array.from({ length: 20 }, () => listen()));
    expect(open.map(({ status }) => status)).toEqual(open.map(() => 200));
    expect((await listen()).status).toBe(503);
    for (const { close } of open) close();
    const again = await until(async () => {
      const one = await listen();
      if (one.status === 200) return one;
      one.close();
      return undefined;
    });
    again.close();
  });

  it('ends with the server', async () => {
    const { heard } = await listen();
    await harness.restart();
    await until(() => heard.isOver);
  });
});
