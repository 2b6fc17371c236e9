import type { BenchContext, BenchRow } from './bench.ts';
import { besideHostile, measure, onItsOwnProcessor, type Pair, type Place } from './server-beside.ts';
import { mostRow, steadyRow } from './server-beside-rows.ts';

export const name = 'server: honest machines beside hostile ones';

const rounds = 7;
const roundS = 4;
const hostile = { requestsPerSecond: 200, silentConnections: 1_000, slowConnections: 50, openingMs: 11_000 };

async function inRounds(place: Place, context: BenchContext): Promise<readonly Pair[]> {
  const all: Pair[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    context.signal.throwIfAborted();
    const alone = await measure(place);
    const beside = await besideHostile(place, hostile);
    const { sent, seconds, statuses, ended } = beside.report;
    const perSecond = `${(sent / seconds).toFixed(0)} hostile requests a second, answered ${JSON.stringify(statuses)}`;
    const took = `${beside.steady.medianMs.toFixed(2)} to ${alone.steady.medianMs.toFixed(2)} ms`;
    context.log(
      `round ${round} of ${rounds}: ${perSecond}, ${ended} connections ended; ${beside.most.perSecond.toFixed(0)} to ${alone.most.perSecond.toFixed(0)}/s, ${took}`,
    );
    all.push({ alone, beside });
  }
  return all;
}

const besides = `${hostile.requestsPerSecond} hostile requests a second, ${hostile.silentConnections.toLocaleString('en')} silent and ${hostile.slowConnections} slow connections, ended and coming again but for those slow in the body, to the same without`;

export async function run(context: BenchContext): Promise<BenchRow[]> {
  return await onItsOwnProcessor({ seconds: roundS }, async (place) => {
    const all = await inRounds(place, context);
    return [mostRow(all, besides), steadyRow(all, besides, 'medianMs'), steadyRow(all, besides, 'p99Ms')];
  });
}
