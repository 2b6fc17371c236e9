import type { BenchRow, Measured, Target } from './bench.ts';

interface Unit {
  readonly name: string;
  readonly ns: number;
}

const units: readonly Unit[] = [
  { name: 's', ns: 1e9 },
  { name: 'ms', ns: 1e6 },
  { name: 'us', ns: 1e3 },
];
const nanosecond: Unit = { name: 'ns', ns: 1 };

const unitOf = (ns: number): Unit => units.find((unit) => ns >= unit.ns) ?? nanosecond;

function judge(result: Measured, target: Target): { target: string; ok: boolean } {
  if ('maxNs' in target) {
    const unit = unitOf(target.maxNs);
    return { target: `at most ${target.maxNs / unit.ns} ${unit.name}`, ok: result.oursNs <= target.maxNs };
  }
  return {
    target: `at least ${Number(target.minRatio.toPrecision(3))}x the peer's speed`,
    ok: result.ratio !== null && result.ratio >= target.minRatio,
  };
}

/** Makes a row of a measured time, in the unit that fits ours. */
export function timeRow(input: { what: string; result: Measured; target?: Target }): BenchRow {
  const { what, result } = input;
  const unit = unitOf(result.oursNs);
  const verdict = input.target === undefined ? { target: null, ok: true } : judge(result, input.target);
  return {
    what,
    ours: result.oursNs / unit.ns,
    peer: result.peerNs === null ? null : result.peerNs / unit.ns,
    ratio: result.ratio,
    unit: unit.name,
    ...verdict,
  };
}
