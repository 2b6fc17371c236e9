import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { tempFolder } from '@klpkit-internal/testkit';
import type { BenchContext, BenchRow } from './bench.ts';
import { median } from './median.ts';
import type { Attack, AttackReport } from './server-attack-program.ts';
import { type BenchServer, beforePing, publishRelease, startBenchServer } from './server-bench.ts';
import { load, startProgram, wrkMissing } from './server-load.ts';
import { treeOf } from './server-process-tree.ts';
import type { Steady, SteadyReport } from './server-steady-program.ts';

export const name = 'server: honest machines beside hostile ones';

const rounds = 7;
const roundS = 4;
const honestConnections = 16;
/** About a tenth of what the server can do on this machine: there time is left, and what hostile machines take of it shows in how long an answer takes. */
const steadyPerSecond = 400;
const hostile = { requestsPerSecond: 200, silentConnections: 1_000, slowConnections: 50, openingMs: 11_000 };
/** An attacker that was slower than it should be proves nothing. */
const leastSent = 0.95;
/** Whoever attacks has a machine of his own: the server with its database has one processor, all who ask it have the other. */
const serverCpu = 0;
const askingCpu = 1;
/** With less of its processor left those who ask would be what is measured. */
const leastIdle = 0.05;

interface Asked {
  readonly perSecond: number;
  /** The share of their processor that those who ask had left. */
  readonly idle: number;
}

interface Place {
  readonly server: BenchServer;
  readonly release: string;
  readonly folder: string;
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
async function honest({ server, release, folder }: Place): Promise<Asked> {
  const bodies = Array.from({ length: 30_000 }, () => JSON.stringify({ pings: [beforePing(release)] }));
  const before = jiffies(askingCpu);
  const { perSecond, failed, said } = await load({
    url: `${server.said.url}/v1/pings`,
    connections: honestConnections,
    seconds: roundS,
    bodies,
    folder,
  });
  const after = jiffies(askingCpu);
  if (failed > 0) throw new Error(`${failed} honest requests were not answered well: ${said}`);
  return { perSecond, idle: (after.idle - before.idle) / (after.all - before.all) };
}

/** Machines that send by the clock, whatever the answers take. */
async function steady({ server, release }: Place): Promise<SteadyReport> {
  const { url, certificate } = server.said;
  const order: Steady = { url, certificate, release, requestsPerSecond: steadyPerSecond, seconds: roundS };
  const seen = await startProgram<SteadyReport>(new URL('./server-steady-program.ts', import.meta.url), order);
  if (seen.said.failed > 0) throw new Error(`${seen.said.failed} honest requests were not answered well`);
  return seen.said;
}

interface Seen {
  readonly most: Asked;
  readonly steady: SteadyReport;
}

async function measure(place: Place): Promise<Seen> {
  return { most: await honest(place), steady: await steady(place) };
}

async function besideHostile(place: Place): Promise<Seen & { readonly report: AttackReport }> {
  const { url, certificate } = place.server.said;
  const file = join(place.folder, 'attack.json');
  const attack: Attack = { url, certificate, release: place.release, ...hostile, report: file };
  const attacker = await startProgram(new URL('./server-attack-program.ts', import.meta.url), attack);
  let seen: Seen;
  try {
    seen = await measure(place);
  } finally {
    await attacker.stop();
  }
  const report = JSON.parse(readFileSync(file, 'utf8')) as AttackReport;
  requireAttack(report);
  return { ...seen, report };
}

function requireAttack({ sent, seconds, statuses }: AttackReport): void {
  const answered = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  const wanted = hostile.requestsPerSecond * seconds * leastSent;
  if (Math.min(sent, answered) >= wanted) return;
  throw new Error(
    `${sent} hostile requests were sent in ${seconds.toFixed(1)} s and ${answered} answered: too few to prove anything`,
  );
}

interface Round {
  readonly alone: Seen;
  readonly beside: Seen & { readonly report: AttackReport };
}

async function inRounds(place: Place, context: BenchContext): Promise<readonly Round[]> {
  const all: Round[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    context.signal.throwIfAborted();
    const alone = await measure(place);
    const beside = await besideHostile(place);
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

function spread(ratios: readonly number[]): string {
  return `rounds from ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}x`;
}

const besides = `beside ${hostile.requestsPerSecond} hostile requests a second, ${hostile.silentConnections.toLocaleString('en')} silent and ${hostile.slowConnections} slow connections, ended and coming again but for those slow in the body, to the same without`;

function mostRow(all: readonly Round[]): BenchRow {
  const idle = median(all.map(({ alone, beside }) => Math.min(alone.most.idle, beside.most.idle)));
  if (idle < leastIdle)
    throw new Error(
      `those who ask had ${Math.round(idle * 100)} % of their processor left: they were measured, not the server`,
    );
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
  const why = missing();
  if (why !== undefined) throw new Error(why);
  await using temp = await tempFolder('klpkit-bench-');
  const processors = processorsOf(process.pid);
  const server = await startBenchServer(join(temp.path, 'state'));
  try {
    const place: Place = { server, release: await publishRelease(server, 'lp'), folder: temp.path };
    pinTree(server.child.pid ?? 0, serverCpu);
    pin(process.pid, askingCpu);
    await honest(place);
    const all = await inRounds(place, context);
    return [
      mostRow(all),
      steadyRow(all, ['medianMs', 'half of the answers']),
      steadyRow(all, ['p99Ms', '99 % of the answers']),
    ];
  } finally {
    pin(process.pid, processors);
    await server.stop();
  }
}
