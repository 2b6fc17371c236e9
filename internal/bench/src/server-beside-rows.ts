import type { BenchRow } from './bench.ts';
import { median } from './median.ts';
import { honestConnections, type Pair, steadyPerSecond } from './server-beside.ts';

/** What hostile machines may take of honest ones at most. */
const leastRatio = 0.9;
/** With less of its processor left those who ask would be what is measured. */
const leastIdle = 0.05;

/** How many pings were taken of those who ask as fast as they are answered. */
export function mostRow(all: readonly Pair[], besides: string): BenchRow {
  const idle = requireIdle(all);
  const ratios = all.map(({ alone, beside }) => beside.most.perSecond / alone.most.perSecond);
  const left = `those who ask had ${Math.round(idle * 100)} % of their processor left`;
  return {
    what: `most single pings of ${honestConnections} honest connections beside ${besides}; ${spread(ratios)}; ${left}`,
    ours: median(all.map(({ beside }) => beside.most.perSecond)),
    peer: median(all.map(({ alone }) => alone.most.perSecond)),
    unit: '/s',
    ...judge(ratios),
  };
}

/** How long an answer took where there is time left. Only the median is judged. */
export function steadyRow(all: readonly Pair[], besides: string, share: 'medianMs' | 'p99Ms'): BenchRow {
  const ratios = all.map(({ alone, beside }) => alone.steady[share] / beside.steady[share]);
  const what = share === 'medianMs' ? 'half of the answers' : '99 % of the answers';
  return {
    what: `${what} of ${steadyPerSecond} honest pings a second beside ${besides}; ${spread(ratios)}`,
    ours: median(all.map(({ beside }) => beside.steady[share])),
    peer: median(all.map(({ alone }) => alone.steady[share])),
    unit: 'ms',
    ...(share === 'medianMs' ? judge(ratios) : { ratio: median(ratios), target: null, ok: true }),
  };
}

function judge(ratios: readonly number[]): Pick<BenchRow, 'ratio' | 'target' | 'ok'> {
  const ratio = median(ratios);
  return { ratio, target: `at least ${leastRatio}x`, ok: ratio >= leastRatio };
}

/** The share of their processor that those who ask had left, in the worse half of each pair; throws where it was too little. */
function requireIdle(all: readonly Pair[]): number {
  const idle = median(all.map(({ alone, beside }) => Math.min(alone.most.idle, beside.most.idle)));
  if (idle >= leastIdle) return idle;
  throw new Error(
    `those who ask had ${Math.round(idle * 100)} % of their processor left: they were measured, not the server`,
  );
}

function spread(ratios: readonly number[]): string {
  return `rounds from ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}x`;
}
