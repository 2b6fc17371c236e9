import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Evidence, RolloutPlan } from '@klpkit/rollout';
import { afterAll, describe, expect, it } from 'vitest';
import type { ServerConfig } from './config.ts';
import { type Harness, ping, startHarness, until } from './testing/harness.ts';

const minuteMs = 60_000;
const phase = (percent: number) => ({ microPercent: percent * 1_000_000, minSoakMs: minuteMs });
const plan: RolloutPlan = {
  tiers: [
    { tier: 'internal', promotion: 'policy', phases: [phase(50), phase(100)] },
    { tier: 'stable', promotion: 'person', phases: [phase(100)] },
  ],
};

/** The servers' clock: the tests move it, and only forward. */
let now = Date.now();
/** One server a policy; every test has a release and a kernel of its own on it. */
const servers = new Map<string, Promise<Harness>>();
let releases = 0;
afterAll(async () => {
  for (const server of servers.values()) await (await server).close();
});

const policy = { p0: 0.01, pBad: 0.1, alpha: 0.01, beta: 0.05 };
const startServer = (gate: ServerConfig['gate'] = {}): Promise<Harness> =>
  startHarness({ plan, clock: () => now, gate: { policy, answerWindowMs: 5 * minuteMs, intervalMs: 30, ...gate } });

type Pings = Record<string, unknown>[];
type AuditRow = { action: string; actor: string; detail: unknown };

async function start(gate: ServerConfig['gate'] = {}) {
  const policyName = JSON.stringify(gate);
  const server = servers.get(policyName) ?? startServer(gate);
  servers.set(policyName, server);
  return release(await server);
}

/** Publishes a release and gives what a test does with it. */
async function release(harness: Harness) {
  releases += 1;
  const name = `lp${releases}`;
  const kernel = `6.1.${releases}-amd64`;
  const key = `${name}-1`;
  await harness.publish({ name, kernel });
  const attempt = (...kinds: (readonly [string, Record<string, unknown>?])[]): Pings => {
    const attemptId = randomUUID();
    return kinds.map(([kind, rest]) => ping(kind, { release: key, kernel, attemptId, sentAt: now, ...rest }));
  };
  const state = async () => (await harness.ask('GET', `/v1/admin/rollouts/${key}`)).json;
  return {
    harness,
    name,
    kernel,
    key,
    attempt,
    state,
    good: () =>
      attempt(
        ['before'],
        ['after', { durationMs: 5 }],
        ['health', { index: 3, sinceAppliedMs: 900_000, healthy: true }],
      ),
    bad: () => attempt(['before'], ['error', { phase: 'health', code: 'KERNEL_FAULT' }]),
    silent: () => attempt(['before'], ['after', { durationMs: 5 }]),
    report: async (pings: Pings) => {
      for (let from = 0; from < pings.length; from += 250) {
        const { status, json } = await harness.ask('POST', '/v1/pings', {
          body: { pings: pings.slice(from, from + 250) },
        });
        expect([status, json.refused]).toEqual([200, []]);
      }
    },
    event: (body: object) => harness.ask('POST', `/v1/admin/rollouts/${key}/events`, { body }),
    offer: async () => (await harness.ask('GET', `/v1/offer?kernel=${kernel}&arch=x86_64&tier=internal`)).json,
    blocked: async () => {
      const { json } = await harness.ask('GET', '/v1/blocklist');
      return json.entries.filter((entry) => entry.release === key);
    },
    untilEvidence: (evidence: Partial<Evidence>) =>
      until(async () => {
        const found = await state();
        return isDeepStrictEqual({ ...found.evidence, ...evidence }, found.evidence) && found;
      }),
    audit: async (): Promise<readonly AuditRow[]> =>
      (await harness.ask('GET', `/v1/admin/audit?release=${key}`)).json.rows,
  };
}
const repeat = (count: number, make: () => Pings): Pings => Array.from({ length: count }, make).flat();

describe('the gate', () => {
  it('counts what began, failed and is open', async () => {
    const lp = await start();
    await lp.report([...repeat(3, lp.good), ...repeat(2, lp.silent), ...repeat(1, lp.bad)]);
    const { counts } = await lp.untilEvidence({ n: 6, failed: 1, open: 2 });
    expect(counts).toMatchObject([{ tier: 'internal', phase: 50_000_000, started: 6, good: 3, failed: 1, silent: 0 }]);
  });

  it('halts and blocks a bad release, with the evidence on record', async () => {
    const lp = await start();
    await lp.report(repeat(8, lp.bad));
    const { evidence } = await until(async () => {
      const found = await lp.state();
      return found.rollout.paused && found;
    });
    const entries = await until(async () => {
      const found = await lp.blocked();
      return found.length > 0 && found;
    });
    expect(entries).toMatchObject([{ action: 'no-apply', reason: 'gate', kernels: '*' }]);
    expect(await lp.offer()).toMatchObject({ offer: null, reason: 'blocked' });
    const rows = await lp.audit();
    expect(rows.map(({ action, actor }: { action: string; actor: string }) => `${actor} ${action}`)).toEqual(
      expect.arrayContaining(['gate blocklist-block', 'gate rollout-pause']),
    );
    expect(rows.find(({ action }) => action === 'rollout-pause')?.detail).toMatchObject({
      evidence: expect.anything(),
      decision: { decision: 'halt' },
    });
    expect(evidence.failed).toBeGreaterThan(0);
  });

  it('goes back to the release before when the newest is blocked', async () => {
    const lp = await start();
    await lp.harness.publish({ name: lp.name, kernel: lp.kernel, version: '2' });
    const [second, first] = [{ release: { version: '2' } }, { release: { version: '1' } }];
    expect(await lp.offer()).toMatchObject({ offer: second, earlier: [first] });
    const entry = { release: `${lp.name}-2`, action: 'no-offer', reason: 'looks-odd' };
    await lp.harness.ask('POST', '/v1/admin/blocklist', { body: { entry } });
    expect(await lp.offer()).toMatchObject({ offer: first, earlier: [] });
  });

  it('leaves the blocklist to people where the policy says so', async () => {
    const lp = await start({ blockFrom: 'never' });
    await lp.report(repeat(8, lp.bad));
    await until(async () => (await lp.state()).rollout.paused);
    await lp.untilEvidence({ n: 8, failed: 8 });
    expect(await lp.blocked()).toEqual([]);
  });

  it('takes silence after the window for failure, and what was said before it for good', async () => {
    const lp = await start();
    await lp.report([...repeat(8, lp.silent), ...repeat(2, lp.good)]);
    await lp.untilEvidence({ n: 10, failed: 0, open: 8 });
    // The server lives all the while: steps that it can follow.
    await until(async () => {
      now += 5_000;
      return (await lp.state()).evidence.failed === 8;
    });
    await lp.untilEvidence({ n: 10, failed: 8, open: 0 });
    expect((await lp.state()).counts).toMatchObject([{ good: 2, silent: 8, failed: 0 }]);
  });

  it('never re-labels, but tells of failures that came later', async () => {
    const lp = await start();
    const pings = lp.good();
    await lp.report(pings);
    await lp.untilEvidence({ n: 1, failed: 0, open: 0 });
    const [error] = lp.attempt(['error', { phase: 'reboot', code: 'CRASHED', late: true }]);
    await lp.report([{ ...error!, attemptId: pings[0]!.attemptId }]);
    await until(async () => (await lp.state()).counts[0]?.failedLate === 1);
    expect((await lp.state()).evidence).toEqual({ n: 1, failed: 0, open: 0 });
  });

  it('does not let one attempt count for two releases', async () => {
    const lp = await start();
    await lp.harness.publish({ name: lp.name, kernel: lp.kernel, version: '2' });
    const [before, error] = lp.bad();
    await lp.report([before!, { ...error!, release: `${lp.name}-2` }]);
    await lp.untilEvidence({ n: 1, failed: 0, open: 1 });
  });

  it('counts a failure that arrives before the beginning', async () => {
    const lp = await start();
    const [before, error] = lp.bad();
    await lp.report([error!]);
    await lp.report([before!]);
    await lp.untilEvidence({ n: 1, failed: 1, open: 0 });
  });

  it('advances by itself when the evidence suffices and the soak is over', async () => {
    const lp = await start();
    await lp.report(repeat(60, lp.good));
    await lp.untilEvidence({ n: 60, failed: 0, open: 0 });
    expect((await lp.state()).rollout.tiers).toMatchObject([{ tier: 'internal', microPercent: 50_000_000 }]);
    now += minuteMs;
    await until(async () => (await lp.state()).rollout.tiers[0]?.microPercent === 100_000_000);
    now += minuteMs;
    await until(async () => (await lp.state()).rollout.tiers.length === 2);
    expect((await lp.audit()).map(({ action }: { action: string }) => action)).toEqual([
      'rollout-promote',
      'rollout-advance',
      'release-published',
    ]);
  });

  it('waits for a person where it may not advance', async () => {
    const lp = await start({ autoAdvance: false });
    await lp.report(repeat(60, lp.good));
    await lp.untilEvidence({ n: 60 });
    now += 2 * minuteMs;
    const advanced = await lp.event({ type: 'advance' });
    expect(advanced.json.rollout.tiers).toMatchObject([{ microPercent: 100_000_000 }]);
    expect((await lp.audit()).map(({ actor }: { actor: string }) => actor)).toEqual([
      'token:first-admin',
      'token:first-admin',
    ]);
  });

  it('does not halt again what a person resumed, until there is more', async () => {
    const lp = await start({ blockFrom: 'never' });
    await lp.report(repeat(8, lp.bad));
    await lp.untilEvidence({ n: 8, failed: 8 });
    await until(async () => (await lp.state()).rollout.paused);
    await lp.event({ type: 'resume', note: 'the load balancer did it' });
    await lp.report(lp.good());
    await lp.untilEvidence({ n: 9 });
    expect((await lp.state()).rollout.paused).toBe(false);
    await lp.report(repeat(2, lp.bad));
    await until(async () => (await lp.state()).rollout.paused);
  });

  it('compares with machines that are not in the bucket, without counting them as patched', async () => {
    const lp = await start();
    const control = lp.attempt(['control-before'], ['control-after', { healthy: true }]);
    await lp.report([...control, ...lp.attempt(['control-before'], ['control-after', { healthy: false }])]);
    await until(async () =>
      (await lp.state()).counts.some(
        ({ control: is, good: count, failed }: { control: boolean; good: number; failed: number }) =>
          is && count === 1 && failed === 1,
      ),
    );
    expect((await lp.state()).evidence).toEqual({ n: 0, failed: 0, open: 0 });
  });
});

describe('a restart', () => {
  it('keeps releases, rollouts, pings, counts, blocklist and tokens', async () => {
    const lp = await start();
    const pings = [...repeat(3, lp.good), ...repeat(2, lp.bad)];
    await lp.report(pings);
    const before = await lp.untilEvidence({ n: 5, failed: 2 });
    await until(async () => (await lp.state()).rollout.paused);
    const blocklist = (await lp.harness.ask('GET', '/v1/blocklist')).json.entries;
    const offer = await lp.offer();
    await lp.harness.restart();
    expect(lp.harness.server.adminToken).toBeNull();
    expect((await lp.state()).evidence).toEqual(before.evidence);
    expect((await lp.harness.ask('GET', '/v1/blocklist')).json.entries).toEqual(blocklist);
    expect(await lp.offer()).toEqual(offer);
    const again = await lp.harness.ask('POST', '/v1/pings', { body: { pings } });
    expect(again.json).toMatchObject({ accepted: 0, duplicates: pings.length });
  });

  it('does not take the silence of its own absence for a crash of the fleet', async () => {
    const lp = await start();
    await lp.report(repeat(8, lp.silent));
    await lp.untilEvidence({ n: 8, open: 8 });
    now += 5 * 60 * minuteMs;
    await lp.harness.restart();
    await until(async () =>
      (await lp.harness.ask('GET', '/v1/admin/audit')).json.rows.some(
        ({ action }: AuditRow) => action === 'windows-extended',
      ),
    );
    expect((await lp.state()).evidence).toEqual({ n: 8, failed: 0, open: 8 });
  });
});
