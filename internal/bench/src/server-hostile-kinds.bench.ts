import type { BenchContext, BenchRow } from './bench.ts';
import { median } from './median.ts';
import {
  besideHostile,
  type Hostility,
  honestConnections,
  measure,
  onItsOwnProcessor,
  type Place,
  requireIdle,
  type Seen,
  spread,
  steadyPerSecond,
} from './server-beside.ts';
import { hostileKinds } from './server-hostile.ts';

export const name = 'server: honest machines beside one kind of hostile ones';

const rounds = 5;
const roundS = 2;
/** What `limits.requestsPerMinute` lets through from one address where nobody changed it; honest ones all come from one here, and are not limited. */
const requestsPerSecond = 100;
/** As where nobody changed it. */
const limits = { connectionsPerMinute: 3_000 };
/** Longer than the connections last that may come at once. */
const openingMs = 11_000;
const nothing = { requestsPerSecond: 0, silentConnections: 0, slowConnections: 0, openingMs: 0, from: '127.0.0.2' };
/** What is sent, and what it is called. */
const attacks: readonly (readonly [what: string, hostility: Hostility])[] = [
  ...hostileKinds.map(
    (kind) =>
      [
        `${kind}, ${requestsPerSecond} a second`,
        {
          ...nothing,
          requestsPerSecond,
          kinds: [kind],
          openingMs: kind === 'a body that is too large' ? openingMs : 0,
        },
      ] as const,
  ),
  ['1,000 connections that say nothing, ended and coming again', { ...nothing, silentConnections: 1_000, openingMs }],
  ['50 connections that say a byte a second', { ...nothing, slowConnections: 50, openingMs: 1_000 }],
];

interface Pair {
  readonly alone: Seen;
  readonly beside: Seen;
}

async function inRounds(place: Place, context: BenchContext): Promise<ReadonlyMap<string, readonly Pair[]>> {
  const all = new Map<string, Pair[]>(attacks.map(([what]) => [what, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [what, hostility] of attacks) {
      context.signal.throwIfAborted();
      const alone = await measure(place);
      const beside = await besideHostile(place, hostility);
      all.get(what)?.push({ alone, beside });
      const took = `${beside.steady.medianMs.toFixed(2)} to ${alone.steady.medianMs.toFixed(2)} ms`;
      const { statuses, refused, ended } = beside.report;
      const became = `${JSON.stringify(statuses)}, ${refused} not taken, ${ended} ended`;
      context.log(
        `round ${round} of ${rounds}, ${what}: ${beside.most.perSecond.toFixed(0)} to ${alone.most.perSecond.toFixed(0)}/s, ${took}; ${became}`,
      );
    }
  }
  return all;
}

function rowsOf(what: string, all: readonly Pair[]): readonly BenchRow[] {
  requireIdle(all.map(({ beside }) => beside));
  const most = all.map(({ alone, beside }) => beside.most.perSecond / alone.most.perSecond);
  const half = all.map(({ alone, beside }) => alone.steady.medianMs / beside.steady.medianMs);
  const judged = (ratios: readonly number[]) => ({
    ratio: median(ratios),
    target: 'at least 0.9x',
    ok: median(ratios) >= 0.9,
  });
  return [
    {
      what: `most single pings of ${honestConnections} honest connections beside ${what}; ${spread(most)}`,
      ours: median(all.map(({ beside }) => beside.most.perSecond)),
      peer: median(all.map(({ alone }) => alone.most.perSecond)),
      unit: '/s',
      ...judged(most),
    },
    {
      what: `half of the answers of ${steadyPerSecond} honest pings a second beside ${what}; ${spread(half)}`,
      ours: median(all.map(({ beside }) => beside.steady.medianMs)),
      peer: median(all.map(({ alone }) => alone.steady.medianMs)),
      unit: 'ms',
      ...judged(half),
    },
  ];
}

export async function run(context: BenchContext): Promise<BenchRow[]> {
  return await onItsOwnProcessor({ seconds: roundS, limits }, async (place) =>
    [...(await inRounds(place, context))].flatMap(([what, all]) => rowsOf(what, all)),
  );
}
