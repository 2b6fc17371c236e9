import { hostilePayloads, type HostileOutcome } from '@klpkit-internal/testkit';
import type { BenchContext, BenchRow } from './bench.ts';

export const name = 'payload: hostile input';

/** What the threat model promises; fewer to look at something quickly. */
const count = Number(process.env['KLPKIT_HOSTILE_COUNT'] ?? 200_000);
const maxMs = 50;
/** The slowest are timed again, since a garbage collection may have hit any of them. */
const kept = 20;
const repeats = 5;

async function fastestMs(outcome: HostileOutcome): Promise<number> {
  let fastest = outcome.elapsedMs;
  for (let repeat = 0; repeat < repeats; repeat++) fastest = Math.min(fastest, await outcome.repeat());
  return fastest;
}

interface Tally {
  readonly unexpected: number;
  readonly accepted: number;
  readonly slowest: readonly HostileOutcome[];
}

async function tallyAll(context: BenchContext): Promise<Tally> {
  let slowest: HostileOutcome[] = [];
  let unexpected = 0;
  let accepted = 0;
  let seen = 0;
  for await (const outcome of hostilePayloads({ count, seed: 1 })) {
    context.signal.throwIfAborted();
    if (++seen % 50_000 === 0) context.log(`${seen} of ${count}`);
    if (outcome.unexpected !== null) unexpected++;
    else if (outcome.kind === 'signature' && outcome.code === null) accepted++;
    slowest.push(outcome);
    if (slowest.length > 4 * kept) slowest = slowest.toSorted((a, b) => b.elapsedMs - a.elapsedMs).slice(0, kept);
  }
  return { unexpected, accepted, slowest };
}

const row = (what: string, ours: number, rest: Pick<BenchRow, 'unit' | 'target' | 'ok'>): BenchRow => ({
  what,
  ours,
  peer: null,
  ratio: null,
  ...rest,
});

export async function run(context: BenchContext): Promise<BenchRow[]> {
  const { unexpected, accepted, slowest } = await tallyAll(context);
  let slowestMs = 0;
  for (const outcome of slowest) slowestMs = Math.max(slowestMs, await fastestMs(outcome));
  const none = (found: number): Pick<BenchRow, 'unit' | 'target' | 'ok'> => ({
    unit: '',
    target: 'none',
    ok: found === 0,
  });
  return [
    row(`${count} damaged inputs: errors of another kind`, unexpected, none(unexpected)),
    row(`${count} damaged inputs: damaged signatures taken`, accepted, none(accepted)),
    row('the slowest of them', slowestMs, { unit: 'ms', target: `under ${maxMs} ms`, ok: slowestMs < maxMs }),
  ];
}
