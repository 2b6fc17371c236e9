/**
 * The process in the machine that works, so that a kernel which kills whoever calls a patched function kills nothing else. Asked over
 * Node's own channel by its parent, see work-protocol.ts.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { warmUp } from './load/load-plan.ts';
import { makeWorkload } from './workload/make-workload.ts';
import type { WorkAnswer, WorkRequest, WorkTally } from './workload/work-protocol.ts';
import type { Workload, WorkloadName } from './workload/workload.ts';

if (process.argv[2] === warmUp) process.exit(0);

/** Bounds what is kept of a long work: later rounds take the place of earlier ones. */
const keptTimes = 4096;

interface Running {
  readonly name: WorkloadName;
  readonly work: Workload;
  readonly times: number[];
  rounds: number;
  failures: number;
  failure: string;
}

const made = new Map<WorkloadName, Workload | undefined>();
let stopped = true;
let current: Promise<WorkAnswer> = Promise.resolve([]);

function workOf(name: WorkloadName): Workload | undefined {
  if (!made.has(name)) {
    try {
      made.set(name, makeWorkload(name));
    } catch {
      made.set(name, undefined); // a file that this kernel does not have
    }
  }
  return made.get(name);
}

async function round(running: Running): Promise<void> {
  const startedAt = performance.now();
  try {
    await running.work.round();
    running.times[running.rounds % keptTimes] = performance.now() - startedAt;
    running.rounds++;
  } catch (error) {
    running.failures++;
    running.failure ||= error instanceof Error ? error.message : String(error);
  }
}

/** Each in turn, so that all have the same share whatever a round costs. */
async function work(names: readonly WorkloadName[], until: () => boolean): Promise<WorkAnswer> {
  const all = names.flatMap((name): Running[] => {
    const found = workOf(name);
    return found === undefined ? [] : [{ name, work: found, times: [], rounds: 0, failures: 0, failure: '' }];
  });
  do {
    for (const running of all) {
      const turnEnd = performance.now() + 20;
      do await round(running);
      while (performance.now() < turnEnd);
    }
    await turn();
  } while (all.length > 0 && !until());
  return all.map(tallyOf);
}

function tallyOf({ name, times, rounds, failures, failure }: Running): WorkTally {
  const sorted = times.toSorted((a, b) => a - b);
  return { name, rounds, failures, medianMs: sorted[Math.floor(sorted.length / 2)] ?? null, failure };
}

async function answer(request: WorkRequest): Promise<WorkAnswer | undefined> {
  if (request.ask === 'stop') {
    stopped = true;
    return current;
  }
  if (request.ask === 'start') {
    stopped = false;
    current = work(request.names, () => stopped);
    return undefined;
  }
  const end = performance.now() + request.forMs;
  return work(request.names, () => performance.now() >= end);
}

async function serve(request: WorkRequest): Promise<void> {
  const tallies = await answer(request);
  if (tallies !== undefined) process.send?.(tallies);
}

process.on('message', (request: WorkRequest) => void serve(request));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
