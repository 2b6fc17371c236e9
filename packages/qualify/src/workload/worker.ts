import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { WorkAnswer, WorkRequest } from './work-protocol.ts';
import type { WorkloadName } from './workload.ts';

/** The working process was lost: the kernel killed it, or it does not come back from the kernel. */
export class WorkerLost extends Error {
  override readonly name = 'WorkerLost';
}

/** A process that works. */
export interface Worker {
  /** Works for a time. Rejects with {@link WorkerLost}. */
  work(names: readonly WorkloadName[], forMs: number): Promise<WorkAnswer>;
  /** Begins to work, until `stop`. */
  start(names: readonly WorkloadName[]): void;
  stop(): Promise<WorkAnswer>;
  /** Ends it as hard as it takes; does not wait for one that is stuck in the kernel. */
  kill(): void;
}

const lookMs = 200;
/** How long an answer may be overdue: a machine under an interpreter has much else to do. */
const overdueMs = 30_000;
const program = import.meta.url.endsWith('.ts') ? '../guest-worker.ts' : './guest-worker.js';

/** Starts the process and waits until it is ready. */
export async function startWorker(): Promise<Worker> {
  const child = fork(fileURLToPath(new URL(program, import.meta.url)), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await answerOf(child, 0);
  const ask = async (request: WorkRequest, workMs: number): Promise<WorkAnswer> => {
    const answer = answerOf(child, workMs);
    child.send(request, (error) => void error); // a process that is gone is told by the answer
    return (await answer) as WorkAnswer;
  };
  return {
    work: (names, forMs) => ask({ ask: 'work', names, forMs }, forMs),
    start: (names) => void child.send({ ask: 'start', names } satisfies WorkRequest),
    stop: () => ask({ ask: 'stop' }, 0),
    kill: () => {
      child.kill('SIGKILL');
      child.unref();
    },
  };
}

/** The next message. An oops kills the main thread alone: the process stays as a zombie with threads, so its state is looked at. */
async function answerOf(child: ChildProcess, workMs: number): Promise<unknown> {
  const settled = new AbortController();
  try {
    return await new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', (code, signal) => reject(new WorkerLost(`the working process ended (${signal ?? code})`)));
      child.once('error', reject);
      watch(child.pid ?? -1, workMs + overdueMs, settled.signal).then(reject, () => {});
    });
  } finally {
    settled.abort();
    child.removeAllListeners();
  }
}

async function watch(pid: number, limitMs: number, signal: AbortSignal): Promise<WorkerLost> {
  const end = performance.now() + limitMs;
  while (performance.now() < end) {
    await delay(lookMs, undefined, { signal });
    const state = mainThreadState(pid);
    if (state === 'Z' || state === 'X') return new WorkerLost('the kernel killed the working process in a system call');
  }
  return new WorkerLost(
    `the working process did not answer for ${limitMs} ms (state ${mainThreadState(pid) ?? 'gone'})`,
  );
}

/** proc(5): the state stands behind the name, which may itself hold brackets. */
function mainThreadState(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'latin1');
    return stat[stat.lastIndexOf(')') + 2];
  } catch {
    return undefined;
  }
}
