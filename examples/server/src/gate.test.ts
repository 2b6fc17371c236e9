import { randomUUID } from 'node:crypto';
import type { RolloutPlan } from '@klpkit/rollout';
import { afterEach, describe, expect, it } from 'vitest';
import type { ServerConfig } from './config.ts';
import { type Harness, offerPath, ping, startHarness, until } from './testing/harness.ts';

const minuteMs = 60_000;
const phase = (percent: number) => ({ microPercent: percent * 1_000_000, minSoakMs: minuteMs });
const plan: RolloutPlan = {
  tiers: [
    { tier: 'internal', promotion: 'policy', phases: [phase(50), phase(100)] },
    { tier: 'stable', promotion: 'person', phases: [phase(100)] },
  ],
};

let harness: Harness | undefined;
let now = 1_800_000_000_000;
afterEach(() => harness?.close());

async function start(gate: ServerConfig['gate'] = {}): Promise<Harness> {
  harness = await startHarness({
    plan,
    clock: () => now,
    gate: {
      policy: { p0: 0.01, pBad: 0.1, alpha: 0.01, beta: 0.05 },
      answerWindowMs: 30 * minuteMs,
      intervalMs: 30,
      ...gate,
    },
  });
  await harness.publish();
  return harness;
}

/** One attempt, as a machine reports it. */
function attempt(...kinds: (readonly [string, Record<string, unknown>?])[]): Record<string, unknown>[] {
  const attemptId = randomUUID();
  return kinds.map(([kind, rest]) => ping(kind, { attemptId, sentAt: now, ...rest }));
}
const good = () =>
  attempt(['before'], ['after', { durationMs: 5 }], ['health', { index: 3, sinceAppliedMs: 900_000, healthy: true }]);
const bad = () => attempt(['before'], ['error', { phase: 'health', code: 'KERNEL_FAULT' }]);
const silent = () => attempt(['before'], ['after', { durationMs: 5 }]);
const repeat = (count: number, make: () => Record<string, unknown>[]) => Array.from({ length: count }, make).flat();

async function report(pings: Record<string, unknown>[]): Promise<void> {
  for (let start = 0; start < pings.length; start += 250) {
    const { status, json } = await harness!.ask('POST', '/v1/pings', {
      body: { pings: pings.slice(start, start + 250) },
    });
    expect([status, json.refused]).toEqual([200, []]);
  }
}
const state = async () => (await harness!.ask('GET', '/v1/admin/rollouts/lp-1')).json;
const untilEvidence = (evidence: object) =>
  until(async () => {
    const found = await state();
    return Object.entries(evidence).every(([name, value]) => found.evidence[name] === value) && found;
  });
const audit = async () => (await harness!.ask('GET', '/v1/admin/audit?release=lp-1')).json.rows;

describe('the gate', () => {
  it('counts what began, failed and is open', async () => {
    await start();
    await report([...repeat(3, good), ...repeat(2, silent), ...repeat(1, bad)]);
    const { counts } = await untilEvidence({ n: 6, failed: 1, open: 2 });
    expect(counts).toMatchObject([{ tier: 'internal', phase: 50_000_000, started: 6, good: 3, failed: 1, silent: 0 }]);
  });

  it('halts and blocks a bad release, with the evidence on record', async () => {
    await start();
    await report(repeat(8, bad));
    const { evidence } = await until(async () => {
      const found = await state();
      return found.rollout.paused && found;
    });
    const { json: list } = await until(async () => {
      const found = await harness!.ask('GET', '/v1/blocklist');
      return found.json.entries.length > 0 && found;
    });
    expect(list.entries).toMatchObject([{ release: 'lp-1', action: 'no-apply', reason: 'gate', kernels: '*' }]);
    expect((await harness!.ask('GET', offerPath('internal'))).json).toMatchObject({ offer: null, reason: 'blocked' });
    const rows = await audit();
    expect(rows.map(({ action, actor }: { action: string; actor: string }) => `${actor} ${action}`)).toEqual(
      expect.arrayContaining(['gate blocklist-block', 'gate rollout-pause']),
    );
    expect(rows.find(({ action }: { action: string }) => action === 'rollout-pause').detail).toMatchObject({
      evidence: expect.anything(),
      decision: { decision: 'halt' },
    });
    expect(evidence.failed).toBeGreaterThan(0);
  });

  it('goes back to the release before when the newest is blocked', async () => {
    await start();
    await harness!.publish({ version: '2' });
    expect((await harness!.ask('GET', offerPath('internal'))).json).toMatchObject({
      offer: { release: { version: '2' } },
      earlier: [{ release: { version: '1' } }],
    });
    await harness!.ask('POST', '/v1/admin/blocklist', {
      body: { entry: { release: 'lp-2', action: 'no-offer', reason: 'looks-odd' } },
    });
    expect((await harness!.ask('GET', offerPath('internal'))).json).toMatchObject({
      offer: { release: { version: '1' } },
      earlier: [],
    });
  });

  it('leaves the blocklist to people where the policy says so', async () => {
    await start({ blockFrom: 'never' });
    await report(repeat(8, bad));
    await until(async () => (await state()).rollout.paused);
    await untilEvidence({ n: 8, failed: 8 });
    expect((await harness!.ask('GET', '/v1/blocklist')).json.entries).toEqual([]);
  });

  it('takes silence after the window for failure, and what was said before it for good', async () => {
    await start();
    await report([...repeat(8, silent), ...repeat(2, good)]);
    await untilEvidence({ n: 10, failed: 0, open: 8 });
    for (let step = 0; step < 31; step += 1) {
      now += minuteMs;
      // The server lives all the while: its own clock stands for the machines' silence.
      await until(async () => (await harness!.ask('GET', '/v1/admin/audit')).status === 200);
    }
    now += 30 * minuteMs;
    await untilEvidence({ n: 10, failed: 8, open: 0 });
    expect((await state()).counts).toMatchObject([{ good: 2, silent: 8, failed: 0 }]);
  });

  it('never re-labels, but tells of failures that came later', async () => {
    await start();
    const pings = good();
    await report(pings);
    await untilEvidence({ n: 1, failed: 0, open: 0 });
    await report([
      {
        ...ping('error', { phase: 'reboot', code: 'CRASHED', late: true, sentAt: now }),
        attemptId: pings[0]!.attemptId,
      },
    ]);
    await until(async () => (await state()).counts[0].failedLate === 1);
    expect((await state()).evidence).toEqual({ n: 1, failed: 0, open: 0 });
  });

  it('does not let one attempt count for two releases', async () => {
    await start();
    await harness!.publish({ version: '2' });
    const attemptId = randomUUID();
    await report([
      ping('before', { attemptId, sentAt: now }),
      ping('error', { attemptId, sentAt: now, release: 'lp-2', phase: 'insert', code: 'X' }),
    ]);
    await untilEvidence({ n: 1, failed: 0, open: 1 });
  });

  it('counts a failure that arrives before the beginning', async () => {
    await start();
    const [before, error] = bad();
    await report([error!]);
    await report([before!]);
    await untilEvidence({ n: 1, failed: 1, open: 0 });
  });

  it('advances by itself when the evidence suffices and the soak is over', async () => {
    await start();
    await report(repeat(60, good));
    await untilEvidence({ n: 60, failed: 0, open: 0 });
    expect((await state()).rollout.tiers).toMatchObject([{ tier: 'internal', microPercent: 50_000_000 }]);
    now += minuteMs;
    await until(async () => (await state()).rollout.tiers[0].microPercent === 100_000_000);
    now += minuteMs;
    await until(async () => (await state()).rollout.tiers.length === 2);
    expect((await audit()).map(({ action }: { action: string }) => action)).toEqual([
      'rollout-promote',
      'rollout-advance',
      'release-published',
    ]);
  });

  it('waits for a person where it may not advance', async () => {
    await start({ autoAdvance: false });
    await report(repeat(60, good));
    await untilEvidence({ n: 60 });
    now += 2 * minuteMs;
    const advanced = await harness!.ask('POST', '/v1/admin/rollouts/lp-1/events', { body: { type: 'advance' } });
    expect(advanced.json.rollout.tiers).toMatchObject([{ microPercent: 100_000_000 }]);
    expect((await audit()).map(({ actor }: { actor: string }) => actor)).toEqual([
      'token:first-admin',
      'token:first-admin',
    ]);
  });

  it('does not halt again what a person resumed, until there is more', async () => {
    await start({ blockFrom: 'never' });
    await report(repeat(8, bad));
    await untilEvidence({ n: 8, failed: 8 });
    await until(async () => (await state()).rollout.paused);
    await harness!.ask('POST', '/v1/admin/rollouts/lp-1/events', {
      body: { type: 'resume', note: 'the load balancer did it' },
    });
    await report(good());
    await untilEvidence({ n: 9 });
    expect((await state()).rollout.paused).toBe(false);
    await report(repeat(2, bad));
    await until(async () => (await state()).rollout.paused);
  });

  it('compares with machines that are not in the bucket, without counting them as patched', async () => {
    await start();
    const control = attempt(['control-before'], ['control-after', { healthy: true }]);
    await report([...control, ...attempt(['control-before'], ['control-after', { healthy: false }])]);
    await until(async () =>
      (await state()).counts.some(
        ({ control: is, good: count, failed }: { control: boolean; good: number; failed: number }) =>
          is && count === 1 && failed === 1,
      ),
    );
    expect((await state()).evidence).toEqual({ n: 0, failed: 0, open: 0 });
  });
});

describe('a restart', () => {
  it('keeps releases, rollouts, pings, counts, blocklist and tokens', async () => {
    const { token } = await start();
    const pings = [...repeat(3, good), ...repeat(2, bad)];
    await report(pings);
    const before = await untilEvidence({ n: 5, failed: 2 });
    const blocklist = (await harness!.ask('GET', '/v1/blocklist')).json.entries;
    const offer = (await harness!.ask('GET', offerPath('internal'))).json;
    await harness!.restart();
    expect(harness!.server.adminToken).toBeNull();
    expect((await harness!.ask('GET', '/v1/admin/releases', { token })).status).toBe(200);
    expect((await state()).evidence).toEqual(before.evidence);
    expect((await harness!.ask('GET', '/v1/blocklist')).json.entries).toEqual(blocklist);
    expect((await harness!.ask('GET', offerPath('internal'))).json).toEqual(offer);
    const again = await harness!.ask('POST', '/v1/pings', { body: { pings } });
    expect(again.json).toMatchObject({ accepted: 0, duplicates: pings.length });
  });

  it('does not take the silence of its own absence for a crash of the fleet', async () => {
    await start();
    await report(repeat(8, silent));
    await untilEvidence({ n: 8, open: 8 });
    now += 5 * 60 * minuteMs;
    await harness!.restart();
    await until(async () =>
      (await harness!.ask('GET', '/v1/admin/audit')).json.rows.some(
        ({ action }: { action: string }) => action === 'windows-extended',
      ),
    );
    expect((await state()).evidence).toEqual({ n: 8, failed: 0, open: 8 });
  });
});
