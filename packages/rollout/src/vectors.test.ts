import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isWithin, percentOf, positionOf } from './bucket.ts';
import { decide } from './decide.ts';
import { lnAdvanceEvidence, lnHaltEvidence } from './e-process.ts';
import { clopperPearson, upperRateLimit, wilsonInterval } from './intervals.ts';
import { type NodeId, nodeIdOf } from './node-id.ts';
import { lnTwoSampleEvidence, reduceTwoSample, startTwoSample, type TwoSampleFailure } from './two-sample.ts';
import { waldTest } from './wald.ts';

const read = (area: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../vectors/${area}/vectors.json`, import.meta.url), 'utf8'));

/** To 1e-9, relative where the number is large. */
const expectClose = (actual: number, expected: number): void => {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));
};

const bucketing = read('bucketing') as {
  nodes: { machineId: string; appId: string; node: string }[];
  cases: { node: NodeId; release: string; position: number; percent: number; within: Record<string, boolean> }[];
  edges: { position: number; microPercent: number; within: boolean }[];
};

describe('bucketing vectors', () => {
  test.each(bucketing.nodes)('node of $machineId for $appId', ({ machineId, appId, node }) => {
    expect(nodeIdOf(machineId, appId)).toBe(node);
  });

  test.each(bucketing.cases)('$node in $release', ({ node, release, position, percent, within }) => {
    expect(positionOf(node, release)).toBe(position);
    expectClose(percentOf(position), percent);
    expect(Object.keys(within).length).toBeGreaterThan(5);
    for (const [share, isIn] of Object.entries(within)) {
      expect(isWithin(position, Math.round(Number(share) * 1_000_000))).toBe(isIn);
    }
  });

  test.each(bucketing.edges)('$position at $microPercent', ({ position, microPercent, within }) => {
    expect(isWithin(position, microPercent)).toBe(within);
  });
});

interface Limits {
  failed: number;
  n: number;
  low: number;
  high: number;
}

const gate = read('gate') as {
  lnHalt: { n: number; failed: number; p0: number; ln: number }[];
  lnAdvance: { n: number; failed: number; pBad: number; ln: number }[];
  decide: (Record<'n' | 'failed' | 'open' | 'p0' | 'pBad' | 'alpha' | 'beta' | 'lnHalt' | 'lnAdvance', number> & {
    decision: string;
    level: string;
  })[];
  fewestFailuresToHalt: { p0: number; alpha: number; n: number; failed: number | null }[];
  leastMachinesToAdvance: { pBad: number; beta: number; failed: number; n: number }[];
  twoSample: { events: TwoSampleFailure[]; ln: number }[];
  clopperPearson95: Limits[];
  wilson95: Limits[];
  upperRateLimit: { failed: number; n: number; level: number; limit: number }[];
  wald: (ReturnType<typeof waldTest> & { p0: number; p1: number; alpha: number; beta: number })[];
};

describe('gate vectors', () => {
  test.each(gate.lnHalt)('ln E($n, $failed) at $p0', ({ n, failed, p0, ln }) =>
    expectClose(lnHaltEvidence(n, failed, p0), ln),
  );
  test.each(gate.lnAdvance)('ln F($n, $failed) at $pBad', ({ n, failed, pBad, ln }) =>
    expectClose(lnAdvanceEvidence(n, failed, pBad), ln),
  );

  test.each(gate.decide)('($n, $failed, $open) is $decision, level $level', (expected) => {
    const decision = decide(expected, expected);
    expectClose(decision.lnHalt, expected.lnHalt);
    expectClose(decision.lnAdvance, expected.lnAdvance);
    expect(decision).toMatchObject({ decision: expected.decision, level: expected.level });
  });

  test.each(gate.fewestFailuresToHalt)('of $n at $p0, $failed halt at $alpha', ({ p0, alpha, n, failed }) => {
    const counts = Array.from({ length: n + 1 }, (_, count) => count);
    const first = counts.find((count) => lnHaltEvidence(n, count, p0) >= -Math.log(alpha));
    expect(first ?? null).toBe(failed);
  });

  test.each(gate.leastMachinesToAdvance)(
    '$n with $failed failed advance at $pBad, $beta',
    ({ pBad, beta, failed, n }) => {
      expect(lnAdvanceEvidence(n, failed, pBad)).toBeGreaterThanOrEqual(-Math.log(beta));
      expect(lnAdvanceEvidence(n - 1, failed, pBad)).toBeLessThan(-Math.log(beta));
    },
  );

  test.each(gate.twoSample)('two samples, ln E $ln', ({ events, ln }) => {
    expectClose(lnTwoSampleEvidence(events.reduce(reduceTwoSample, startTwoSample)), ln);
  });

  test.each(gate.clopperPearson95)('exact limits of $failed/$n', ({ failed, n, low, high }) => {
    const interval = clopperPearson(failed, n, 0.95);
    expectClose(interval.low, low);
    expectClose(interval.high, high);
  });

  test.each(gate.wilson95)('Wilson limits of $failed/$n', ({ failed, n, low, high }) => {
    const interval = wilsonInterval(failed, n, 0.95);
    expectClose(interval.low, low);
    expectClose(interval.high, high);
  });

  test.each(gate.upperRateLimit)('upper limit of $failed/$n', ({ failed, n, level, limit }) => {
    expectClose(upperRateLimit(failed, n, level), limit);
  });

  test.each(gate.wald)('Wald, $p0 against $p1', (expected) => {
    const found = waldTest(expected);
    for (const key of ['upper', 'lower', 'stepFailed', 'stepGood'] as const) expectClose(found[key], expected[key]);
    expectClose(found.expectedN.p0, expected.expectedN.p0);
    expectClose(found.expectedN.p1, expected.expectedN.p1);
  });
});
