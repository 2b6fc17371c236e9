import type { BenchContext, BenchRow } from './bench.ts';
import { median } from './median.ts';
import type { AttackReport } from './server-attack-program.ts';
import {
  besideHostile,
  honestConnections,
  measure,
  onItsOwnProcessor,
  type Place,
  requireIdle,
  type Seen,
  spread,
  steadyPerSecond,
} from './server-beside.ts';

export const name = 'server: honest machines beside hostile ones';

const rounds = 7;
const roundS = 4;
const hostile = { requestsPerSecond: 200, silentConnections: 1_000, slowConnections: 50, openingMs: 11_000 };

interface Round {
  readonly alone: Seen;
  readonly beside: Seen & { readonly report: AttackReport };
}

async function inRounds(place: Place, context: BenchContext): Promise<readonly Round[]> {
  const all: Round[] = [];
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

const besides = `beside ${hostile.requestsPerSecond} hostile requests a second, ${hostile.silentConnections.toLocaleString('en')} silent and ${hostile.slowConnections} slow connections, ended and coming again but for those slow in the body, to the same without`;

function mostRow(all: readonly Round[]): BenchRow {
  const idle = requireIdle(all.map(({ beside }) => beside));
  const ratios = all.map(({ alone, beside }) => beside.most.perSecond / alone.most.perSecond);
  const left = `those who ask had ${Math.round(idle * 100)} % of their processor left`;
  return {
    what: `most single pings of ${honestConnections} honest connections ${besides}; ${spread(ratios)}; ${left}`,
    ours: median(all.map(({ beside }) => beside.most.perSecond)),
    peer: median(all.map(({ alone }) => alone.most.perSecond)),
    ratio: median(ratios),
    unit: '/s',
    target: 'at least 0.9x',
    ok: median(ratios) >= 0.9,
  };
}

function steadyRow(all: readonly Round[], [share, what]: readonly ['medianMs' | 'p99Ms', string]): BenchRow {
  const ratios = all.map(({ alone, beside }) => alone.steady[share] / beside.steady[share]);
  const isJudged = share === 'medianMs';
  return {
    what: `${what} of ${steadyPerSecond} honest pings a second ${besides}; ${spread(ratios)}`,
    ours: median(all.map(({ beside }) => beside.steady[share])),
    peer: median(all.map(({ alone }) => alone.steady[share])),
    ratio: median(ratios),
    unit: 'ms',
    target: isJudged ? 'at least 0.9x' : null,
    ok: isJudged ? median(ratios) >= 0.9 : true,
  };
}

export async function run(context: BenchContext): Promise<BenchRow[]> {
  return await onItsOwnProcessor({ seconds: roundS }, async (place) => {
    const all = await inRounds(place, context);
    return [
      mostRow(all),
      steadyRow(all, ['medianMs', 'half of the answers']),
      steadyRow(all, ['p99Ms', '99 % of the answers']),
    ];
  });
}
