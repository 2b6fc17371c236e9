import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ServerLimits } from '@klpkit-examples/server';
import { tempFolder } from '@klpkit-internal/testkit';
import type { Attack, AttackReport } from './server-attack-program.ts';
import { type BenchServer, beforePing, publishRelease, startBenchServer } from './server-bench.ts';
import { load, startProgram, wrkMissing } from './server-load.ts';
import { treeOf } from './server-process-tree.ts';
import type { Steady, SteadyReport } from './server-steady-program.ts';

/** Those who ask as fast as they are answered. */
export const honestConnections = 16;
/** About a tenth of what the server can do on this machine: there time is left, and what hostile machines take of it shows in how long an answer takes. */
export const steadyPerSecond = 400;
/** An attacker that was slower than it should be proves nothing. */
const leastSent = 0.95;
/** Whoever attacks has a machine of his own: the server with its database has one processor, all who ask it have the other. */
const serverCpu = 0;
const askingCpu = 1;

/** What honest machines were given. */
export interface Seen {
  readonly most: {
    readonly perSecond: number;
    /** The share of their processor that those who ask had left. */
    readonly idle: number;
  };
  readonly steady: SteadyReport;
}

/** A server on a processor of its own. */
export interface Place {
  readonly server: BenchServer;
  readonly release: string;
  readonly folder: string;
  /** How long each of the two things is measured. */
  readonly seconds: number;
  /** Whether the server has a limit of new connections, so that an attacker may go without an answer. */
  readonly refuses: boolean;
}

/** The same without and with an attacker, one after the other. */
export interface Pair {
  readonly alone: Seen;
  readonly beside: Seen;
}

/** Starts a server with a processor for itself and its database, leaves the other to this process, and puts everything back. */
export async function onItsOwnProcessor<T>(
  { seconds, limits = {} }: { seconds: number; limits?: Partial<ServerLimits> },
  run: (place: Place) => Promise<T>,
): Promise<T> {
  const why = missing();
  if (why !== undefined) throw new Error(why);
  await using temp = await tempFolder('klpkit-bench-');
  const processors = processorsOf(process.pid);
  const server = await startBenchServer(join(temp.path, 'state'), { limits });
  try {
    const release = await publishRelease(server, 'lp');
    const refuses = typeof limits.connectionsPerMinute === 'number';
    const place: Place = { server, release, folder: temp.path, seconds, refuses };
    pinTree(server.child.pid ?? 0, serverCpu);
    pin(process.pid, askingCpu);
    await honest(place);
    return await run(place);
  } finally {
    pin(process.pid, processors);
    await server.stop();
  }
}

function missing(): string | undefined {
  if (availableParallelism() < 2) return 'the server and those who ask it need a processor each; here is one';
  if (spawnSync('taskset', ['--version']).error !== undefined) return 'taskset is missing (Debian: util-linux)';
  return wrkMissing();
}

function pin(pid: number, cpus: number | string): void {
  execFileSync('taskset', ['--all-tasks', '--pid', '--cpu-list', String(cpus), String(pid)], { stdio: 'ignore' });
}

function processorsOf(pid: number): string {
  const { stdout } = spawnSync('taskset', ['--pid', '--cpu-list', String(pid)], { encoding: 'utf8' });
  return stdout.split(': ')[1]?.trim() ?? '';
}

/** A process and all that it started; what they start later inherits it. */
function pinTree(pid: number, cpu: number): void {
  for (const process of treeOf(pid)) pin(process, cpu);
}

/** Jiffies of a processor: idle ones, and all. */
function jiffies(cpu: number): { idle: number; all: number } {
  const line = new RegExp(`^cpu${cpu} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? '';
  const numbers = line.split(' ').map(Number);
  return { idle: (numbers[3] ?? 0) + (numbers[4] ?? 0), all: numbers.reduce((sum, one) => sum + one, 0) };
}

/** Machines that send one ping after the other. */
async function honest({ server, release, folder, seconds }: Place): Promise<Seen['most']> {
  const bodies = Array.from({ length: 30_000 }, () => JSON.stringify({ pings: [beforePing(release)] }));
  const before = jiffies(askingCpu);
  const { perSecond, failed, said } = await load({
    url: `${server.said.url}/v1/pings`,
    connections: honestConnections,
    seconds,
    bodies,
    folder,
  });
  const after = jiffies(askingCpu);
  if (failed > 0) throw new Error(`${failed} honest requests were not answered well: ${said}`);
  return { perSecond, idle: (after.idle - before.idle) / (after.all - before.all) };
}

/** Machines that send by the clock, whatever the answers take. */
async function steady({ server, release, seconds }: Place): Promise<SteadyReport> {
  const { url, certificate } = server.said;
  const order: Steady = { url, certificate, release, requestsPerSecond: steadyPerSecond, seconds };
  const seen = await startProgram<SteadyReport>(new URL('./server-steady-program.ts', import.meta.url), order);
  if (seen.said.failed > 0) throw new Error(`${seen.said.failed} honest requests were not answered well`);
  return seen.said;
}

/** Both, one after the other. */
export async function measure(place: Place): Promise<Seen> {
  return { most: await honest(place), steady: await steady(place) };
}

/** What an attacker is told besides where the server is. */
export type Hostility = Omit<Attack, 'url' | 'certificate' | 'release' | 'report'>;

/** Both while somebody attacks. */
export async function besideHostile(
  place: Place,
  hostility: Hostility,
): Promise<Seen & { readonly report: AttackReport }> {
  const { url, certificate } = place.server.said;
  const file = join(place.folder, 'attack.json');
  const attack: Attack = { url, certificate, release: place.release, ...hostility, report: file };
  const attacker = await startProgram(new URL('./server-attack-program.ts', import.meta.url), attack);
  let seen: Seen;
  try {
    seen = await measure(place);
  } finally {
    await attacker.stop();
  }
  const report = JSON.parse(readFileSync(file, 'utf8')) as AttackReport;
  requireAttack(report, { requestsPerSecond: hostility.requestsPerSecond, refuses: place.refuses });
  return { ...seen, report };
}

function requireAttack(
  { sent, refused, seconds, statuses }: AttackReport,
  { requestsPerSecond, refuses }: { requestsPerSecond: number; refuses: boolean },
): void {
  const answered = Object.values(statuses).reduce((sum, count) => sum + count, refuses ? refused : 0);
  const wanted = requestsPerSecond * seconds * leastSent;
  if (Math.min(sent, answered) >= wanted) return;
  throw new Error(
    `${sent} hostile requests were sent in ${seconds.toFixed(1)} s and ${answered} answered: too few to prove anything`,
  );
}
