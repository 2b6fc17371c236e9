import { describe, expect, test } from 'vitest';
import { automaticStep } from './automatic-step.ts';
import { isLeaving, lnLeftEvidence } from './departures.ts';
import { explain } from './explain.ts';
import { createGate } from './gate.ts';
import type { Gate, GateOptions } from './gate-options.ts';
import { defaultPlan } from './plan.ts';
import { createRandom } from './random.ts';
import { startRollout } from './reduce-rollout.ts';
import { evidenceOf } from './tally.ts';

const policy = { p0: 0.01, p0Left: 0.05, pBad: 0.03, alpha: 0.01, beta: 0.05 };
const options: GateOptions = { policy, windowMs: 1_200_000, caps: [] };

/** A fleet of which these go down in good order, and these fail; all others are good. */
function fleet(change: Partial<GateOptions['policy']>, counts: { n: number; left: number; failed?: number }): Gate {
  const gate = createGate({ ...options, policy: { ...policy, ...change } });
  const { n, left, failed = 0 } = counts;
  for (let index = 0; index < n; index++) {
    const attemptId = `m${index}`;
    gate.take({ kind: 'before', attemptId, at: 0 });
    gate.take({ kind: index < left ? 'left' : index < left + failed ? 'failed' : 'good', attemptId, at: 1 });
  }
  return gate;
}

describe('machines that go down in good order', () => {
  test('hold and are to be paused where they are more than chance explains', () => {
    const report = fleet({}, { n: 40, left: 9 }).report();
    expect(report).toMatchObject({ decision: 'hold', cause: 'left', level: 'none', tally: { left: 9 } });
    expect(explain(evidenceOf(report.tally), policy, { report })).toMatch(
      /^Hold: 0 of 40 machines failed and 9 have not answered yet, but 9 of them went down in good order .* where 5 % is normal \(\d+ to 1\)/,
    );
    expect(automaticStep(startRollout(defaultPlan, 'lp-1', 0), report, 1)).toMatchObject({
      kind: 'event',
      event: { type: 'pause', by: { kind: 'gate' }, note: expect.stringContaining('good order') },
    });
  });

  test('do nothing where they are as many as is normal, or a few more', () => {
    for (const left of [2, 8]) expect(fleet({}, { n: 40, left }).report()).toMatchObject({ cause: 'not-yet' });
  });

  test('never halt, and never keep harm from being seen', () => {
    expect(fleet({}, { n: 300, left: 300 }).report()).toMatchObject({ decision: 'hold', level: 'none' });
    expect(fleet({}, { n: 40, left: 20, failed: 10 }).report()).toMatchObject({ decision: 'halt', cause: 'harm' });
  });

  test('are only counted where no rate is given', () => {
    const { p0Left: _, ...without } = policy;
    const gate = createGate({ ...options, policy: without });
    for (const attemptId of ['a', 'b', 'c', 'd']) {
      gate.take({ kind: 'before', attemptId, at: 0 });
      gate.take({ kind: 'left', attemptId, at: 1 });
    }
    expect(gate.report()).toMatchObject({ cause: 'not-yet', lnLeft: 0, tally: { left: 4 } });
  });

  test('pause a fleet of the normal rate no more often than alpha says, however often one looks', () => {
    const random = createRandom(7);
    let paused = 0;
    for (let rollout = 0; rollout < 1000; rollout++) {
      let left = 0;
      for (let n = 1; n <= 500; n++) {
        if (random() < 0.05) left++;
        if (!isLeaving(lnLeftEvidence({ n, left }, policy), policy.alpha)) continue;
        paused++;
        break;
      }
    }
    expect(paused).toBeLessThanOrEqual(10);
  });

  test('a rate of 1/3 or more is refused', () => {
    expect(() => lnLeftEvidence({ n: 1, left: 0 }, { p0Left: 0.4 })).toThrow(
      expect.objectContaining({ code: 'OUT_OF_RANGE' }),
    );
  });
});
