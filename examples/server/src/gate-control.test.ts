import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnswerBody } from './testing/answer-body.ts';
import { type Harness, kernel, ping, startHarness, until } from './testing/harness.ts';

const minuteMs = 60_000;
let now = Date.now();
let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    clock: () => now,
    pingAuth: 'none',
    plan: {
      tiers: [
        {
          tier: 'internal',
          promotion: 'person',
          phases: [
            { microPercent: 10_000_000, minSoakMs: minuteMs },
            { microPercent: 100_000_000, minSoakMs: minuteMs },
          ],
        },
      ],
    },
    gate: { controlRate: 1, baseline: 'both', blockFrom: 'never', intervalMs: 50 },
  });
});
afterAll(() => harness.close());

let count = 0;
async function publish() {
  count += 1;
  const name = `mix${count}`;
  await harness.publish({ name });
  const release = `${name}-1`;
  const attempt = (...kinds: (readonly [string, Record<string, unknown>?])[]) => {
    const attemptId = randomUUID();
    return kinds.map(([kind, rest]) => ping(kind, { release, kernel, attemptId, sentAt: now, ...rest }));
  };
  const health = ['health', { index: 3, sinceAppliedMs: 900_000, healthy: true }] as const;
  return {
    release,
    good: (rest: Record<string, unknown> = {}) => attempt(['before', rest], health),
    bad: (rest: Record<string, unknown> = {}) =>
      attempt(['before', rest], ['error', { phase: 'health', code: 'KERNEL_FAULT' }]),
    left: () => attempt(['before'], ['left']),
    control: (healthy = true) => attempt(['control-before'], ['control-after', { healthy }]),
    report: async (pings: Record<string, unknown>[]) => {
      for (let from = 0; from < pings.length; from += 250)
        expect(
          (await harness.ask('POST', '/v1/pings', { body: { pings: pings.slice(from, from + 250) } })).json.refused,
        ).toEqual([]);
    },
    untilState: (look: (state: AnswerBody) => boolean) =>
      until(async () => {
        const { json } = await harness.ask('GET', `/v1/admin/rollouts/${release}`);
        return look(json) && json;
      }),
    acts: async (): Promise<string[]> =>
      (await harness.ask('GET', `/v1/admin/audit?release=${release}`)).json.rows.map(({ action }) => action),
  };
}
const repeat = <T>(times: number, make: () => T[]): T[] => Array.from({ length: times }, make).flat();

describe('the control machines', () => {
  it('let a release go on that comes in the mix of its percentage', async () => {
    const lp = await publish();
    // One in ten is patched, as the phase says.
    for (let round = 0; round < 15; round += 1)
      await lp.report([...repeat(10, lp.good), ...repeat(90, () => lp.control())]);
    const state = await lp.untilState(
      ({ evidence, decision }) => evidence.n === 150 && evidence.open === 0 && decision.control.n === 1350,
    );
    expect(state.decision).toMatchObject({ decision: 'advance', cause: 'proof' });
    expect(state.decision.lnSampleRatio).toBeLessThan(0);
    now += minuteMs;
    await lp.untilState(({ rollout }) => rollout.tiers[0]?.microPercent === 100_000_000);
  });

  it('take the gate’s word to advance away from whoever forges good pings, tell it once, and stop nothing', async () => {
    const lp = await publish();
    await lp.report(repeat(200, lp.good));
    const state = await lp.untilState(
      ({ evidence, decision }) => evidence.n === 200 && decision.cause === 'sample-ratio',
    );
    expect(state.explanation).toContain('forged');
    now += 10 * minuteMs;
    await until(async () => (await lp.acts()).includes('gate-doubts-pings'));
    await lp.report(repeat(50, lp.good));
    await lp.untilState(({ evidence }) => evidence.n === 250 && evidence.open === 0);
    expect(await lp.acts()).toEqual(['gate-doubts-pings', 'release-published']);
    // A person still can.
    const moved = await harness.ask('POST', `/v1/admin/rollouts/${lp.release}/events`, {
      body: { type: 'advance', override: true, note: 'a late tier' },
    });
    expect(moved.json.rollout).toMatchObject({ paused: false, tiers: [{ microPercent: 100_000_000 }] });
  });

  it('halt a release that fails more often than they do', async () => {
    const lp = await publish();
    await lp.report([...repeat(90, () => lp.control()), ...repeat(8, lp.bad), ...repeat(2, lp.good)]);
    const state = await lp.untilState(({ rollout }) => rollout.paused);
    expect(state.decision).toMatchObject({
      decision: 'halt',
      cause: 'harm',
      tally: { crashed: 8 },
      control: { n: 90 },
    });
    expect(state.decision.lnTwoSample).toBeGreaterThan(Math.log(100));
  });

  it('keep a bad day of all machines from being taken for the patch', async () => {
    const lp = await publish();
    const bad = [
      ...repeat(7, lp.bad),
      ...repeat(63, () => lp.control(false)),
      ...repeat(3, lp.good),
      ...repeat(27, () => lp.control()),
    ];
    await lp.report(bad);
    const state = await lp.untilState(
      ({ evidence, decision }) => evidence.failed === 7 && decision.control.crashed === 63,
    );
    expect(state.decision.lnTwoSample).toBeLessThan(0);
  });
});

describe('a machine that goes down in good order', () => {
  it('is neither good nor failed, also when its window is over', async () => {
    const lp = await publish();
    await lp.report([...repeat(3, lp.left), ...repeat(4, lp.good)]);
    await lp.untilState(({ decision }) => decision.tally.left === 3);
    now += 50 * minuteMs;
    await lp.report(lp.good());
    const state = await lp.untilState(({ evidence }) => evidence.n === 8);
    expect(state.decision.tally).toEqual({ n: 8, crashed: 0, silent: 0, left: 3, open: 0 });
    expect(state.evidence).toEqual({ n: 8, failed: 0, open: 3 });
    expect(state.rollout.paused).toBe(false);
  });

  it('pauses the rollout where many do, and after a person resumed only on more of them', async () => {
    const lp = await publish();
    await lp.report([...repeat(5, lp.left), ...repeat(5, lp.good)]);
    const state = await lp.untilState(({ rollout }) => rollout.paused);
    expect(state.decision).toMatchObject({ decision: 'hold', cause: 'left', level: 'none' });
    expect(state.state.status).toMatchObject({ by: { kind: 'gate' }, note: expect.stringContaining('good order') });
    const resumed = { body: { type: 'resume', note: 'The window of the hypervisors: they reboot.' } };
    await harness.ask('POST', `/v1/admin/rollouts/${lp.release}/events`, resumed);
    await lp.report(lp.good());
    await lp.untilState(({ evidence }) => evidence.n === 11);
    // What is counted after it was judged after it.
    const good = await publish();
    await good.report(good.good());
    await good.untilState(({ evidence }) => evidence.n === 1);
    expect((await lp.acts()).filter((action) => action === 'rollout-pause')).toHaveLength(1);
    await lp.report(repeat(3, lp.left));
    await lp.untilState(({ rollout }) => rollout.paused);
    expect((await lp.acts()).filter((action) => action.startsWith('blocklist'))).toEqual([]);
  });
});

describe('processor families', () => {
  it('are counted apart, and no more of them than a fleet has', async () => {
    const lp = await publish();
    await lp.report([...lp.good({ cpuFamily: 'intel-6' }), ...lp.bad({ cpuFamily: 'amd-25' }), ...lp.good()]);
    const { counts } = await lp.untilState(({ evidence }) => evidence.n === 3 && evidence.open === 0);
    expect(counts.map(({ cpuFamily, good, failed }) => [cpuFamily, good, failed])).toEqual([
      ['', 1, 0],
      ['amd-25', 0, 1],
      ['intel-6', 1, 0],
    ]);
    await lp.report(Array.from({ length: 100 }, (_, n) => lp.good({ cpuFamily: `forged-${n}` })).flat());
    const after = await lp.untilState(({ evidence }) => evidence.n === 103);
    expect(after.counts.length).toBeLessThanOrEqual(33);
  });
});
