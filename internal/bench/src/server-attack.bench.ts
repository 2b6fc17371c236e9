import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { tempFolder } from '@klpkit-internal/testkit';
import type { BenchContext, BenchRow } from './bench.ts';
import { median } from './median.ts';
import type { Attack } from './server-attack-program.ts';
import { type BenchServer, beforePing, publishRelease, startBenchServer } from './server-bench.ts';
import { load, startProgram, wrkMissing } from './server-load.ts';

export const name = 'server: honest machines beside hostile ones';

const rounds = 9;
const roundS = 3;
const honestConnections = 16;
const silentConnections = 1_000;
const hostileRequestsPerSecond = 200;
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
  pin(pid, cpu);
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  for (const child of stdout.split('\n').map(Number).filter(Boolean)) pinTree(child, cpu);
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

async function besideHostile(place: Place): Promise<Asked> {
  const { url, certificate } = place.server.said;
  const { release } = place;
  const attack: Attack = { url, certificate, release, requestsPerSecond: hostileRequestsPerSecond, silentConnections };
  const attacker = await startProgram(new URL('./server-attack-program.ts', import.meta.url), attack);
  let seen: Asked;
  try {
    seen = await honest(place);
  } finally {
    await attacker.stop();
  }
  if (attacker.child.exitCode !== 0) throw new Error('no hostile request was answered: nothing was measured');
  return seen;
}

async function inRounds(place: Place, context: BenchContext): Promise<BenchRow> {
  const all: { alone: number; beside: number; idle: number }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    context.log(`round ${round + 1} of ${rounds}`);
    const alone = await honest(place);
    const beside = await besideHostile(place);
    all.push({ alone: alone.perSecond, beside: beside.perSecond, idle: Math.min(alone.idle, beside.idle) });
  }
  const idle = median(all.map((round) => round.idle));
  if (idle < leastIdle)
    throw new Error(
      `those who ask had ${Math.round(idle * 100)} % of their processor left: they were measured, not the server`,
    );
  const ratio = median(all.map(({ alone, beside }) => beside / alone));
  return {
    what: `single pings of ${honestConnections} honest connections beside at most ${hostileRequestsPerSecond} hostile requests a second and ${silentConnections.toLocaleString('en')} silent connections that are held, to the same without; those who ask had ${Math.round(idle * 100)} % of their processor left`,
    ours: median(all.map(({ beside }) => beside)),
    peer: median(all.map(({ alone }) => alone)),
    ratio,
    unit: '/s',
    target: 'at least 0.9x',
    ok: ratio >= 0.9,
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
    return [await inRounds(place, context)];
  } finally {
    pin(process.pid, processors);
    await server.stop();
  }
}
