import type { BenchContext, BenchRow } from './bench.ts';
import { besideHostile, type Hostility, measure, onItsOwnProcessor, type Pair, type Place } from './server-beside.ts';
import { mostRow, steadyRow } from './server-beside-rows.ts';
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

export async function run(context: BenchContext): Promise<BenchRow[]> {
  return await onItsOwnProcessor({ seconds: roundS, limits }, async (place) =>
    [...(await inRounds(place, context))].flatMap(([what, all]) => [
      mostRow(all, what),
      steadyRow(all, what, 'medianMs'),
    ]),
  );
}
