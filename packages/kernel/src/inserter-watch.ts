import { readFileSync } from 'node:fs';

/** Time between two looks at the inserter's main thread. */
const lookMs = 250;

/** A watch over the thread that makes the system call. */
export interface ThreadWatch {
  /** Resolves once the thread is dead though its process is not; never rejects. */
  readonly died: Promise<void>;
  stop(): void;
}

/**
 * An oops in a module's init kills the thread inside the system call and nothing else: the process stays, with a dead main thread,
 * and its parent gets no exit. /proc/PID/stat says so: `Z` for a leader whose other threads live. A process that merely ended is
 * reaped within the first look, hence two looks in a row.
 */
export function watchThread(pid: number | undefined): ThreadWatch {
  const { promise, resolve } = Promise.withResolvers<void>();
  let deadLooks = 0;
  const look = (): void => {
    deadLooks = isDead(pid) ? deadLooks + 1 : 0;
    if (deadLooks >= 2) resolve();
  };
  const timer = setInterval(look, lookMs);
  timer.unref();
  return { died: promise, stop: () => clearInterval(timer) };
}

function isDead(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const state = stat.charAt(stat.lastIndexOf(')') + 2); // the name in front may hold anything
    return state === 'Z' || state === 'X';
  } catch {
    return false; // gone and reaped: the exit event tells
  }
}
