import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tempFolder } from '@klpkit-internal/testkit';
import type { BenchContext, BenchRow } from './bench.ts';
import { median } from './median.ts';
import type { Attack, AttackReport } from './server-attack-program.ts';
import { type BenchServer, publishRelease, startBenchServer } from './server-bench.ts';
import { type HostileKind, hostileKinds } from './server-hostile.ts';
import { startProgram } from './server-load.ts';
import { treeOf } from './server-process-tree.ts';

export const name = 'server: what a hostile request takes';

const rounds = 3;
const roundMs = 3_000;
const requestsPerSecond = 200;

interface Place {
  readonly server: BenchServer;
  readonly release: string;
  readonly folder: string;
}

/** Of all threads of the server and its database. */
function processorMs(pid: number): number {
  let ns = 0;
  for (const process of treeOf(pid))
    for (const thread of readdirSync(`/proc/${process}/task`))
      ns += Number(readFileSync(`/proc/${process}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  return ns / 1e6;
}

/** Milliseconds of processor time an answered request, where nothing else is going on. */
async function costOf(place: Place, kind: HostileKind): Promise<number> {
  const { server, release, folder } = place;
  const { url, certificate } = server.said;
  const report = join(folder, 'attack.json');
  const silence = { silentConnections: 0, slowConnections: 0, openingMs: 0 };
  const attack: Attack = { url, certificate, release, requestsPerSecond, kinds: [kind], ...silence, report };
  const pid = server.child.pid ?? 0;
  const before = processorMs(pid);
  const attacker = await startProgram(new URL('./server-attack-program.ts', import.meta.url), attack);
  await sleep(roundMs);
  await attacker.stop();
  const took = processorMs(pid) - before;
  const { statuses } = JSON.parse(readFileSync(report, 'utf8')) as AttackReport;
  const answered = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  if (answered === 0) throw new Error(`no request of the kind "${kind}" was answered`);
  return took / answered;
}

export async function run(context: BenchContext): Promise<BenchRow[]> {
  await using temp = await tempFolder('klpkit-bench-');
  const server = await startBenchServer(join(temp.path, 'state'));
  try {
    const place: Place = { server, release: await publishRelease(server, 'lp'), folder: temp.path };
    await costOf(place, 'a good ping');
    const seen = new Map<HostileKind, { hostile: number; good: number }[]>();
    for (let round = 1; round <= rounds; round += 1) {
      context.log(`round ${round} of ${rounds}`);
      for (const kind of hostileKinds) {
        context.signal.throwIfAborted();
        const good = await costOf(place, 'a good ping');
        const hostile = await costOf(place, kind);
        seen.set(kind, [...(seen.get(kind) ?? []), { hostile, good }]);
      }
    }
    return [...seen].map(([kind, figures]) => rowOf(kind, figures));
  } finally {
    await server.stop();
  }
}

function rowOf(kind: HostileKind, figures: readonly { hostile: number; good: number }[]): BenchRow {
  const ratio = median(figures.map(({ hostile, good }) => good / hostile));
  return {
    what: `processor time of server and database for ${kind}, ${requestsPerSecond} a second, to a good ping's`,
    ours: median(figures.map(({ hostile }) => hostile)),
    peer: median(figures.map(({ good }) => good)),
    ratio,
    unit: 'ms',
    target: 'no dearer than a good ping',
    ok: ratio >= 1,
  };
}
