import { setImmediate } from 'node:timers/promises';
import { listKernelFolder, readKernelFile, readOptionalFile } from './kernel-file.ts';
import { KernelError } from './error.ts';
import type { KernelRoot } from './options.ts';
import type { BlockedTask } from './transition-state.ts';

/** Result of a look at all threads. */
export interface TaskLook {
  /** False where some /proc/PID/patch_state may not be read: it is 0400, so another user's takes CAP_DAC_READ_SEARCH. */
  readonly examined: boolean;
  /** All threads that were seen not to have moved. */
  readonly count: number;
  /** The first {@link maxNamedTasks} of them. */
  readonly tasks: readonly BlockedTask[];
}

/** How many blocked threads are named; the count covers all. */
export const maxNamedTasks = 64;

/** The event loop gets a turn after this many threads. */
const batchThreads = 128;

/** Frames kept of a stack. */
const maxFrames = 32;

/**
 * Threads whose patch_state is not the transition's goal (Documentation/livepatch/livepatch.rst: 0 unpatched, 1 patched, -1 no
 * transition under way).
 */
export async function findBlockedTasks(
  root: KernelRoot,
  goal: '0' | '1',
  signal: AbortSignal | undefined,
): Promise<TaskLook> {
  const tasks: BlockedTask[] = [];
  let count = 0;
  let seen = 0;
  let examined = true;
  for (const { pid, tid, path } of threads(root)) {
    seen += 1;
    if (seen % batchThreads === 0) {
      await setImmediate();
      signal?.throwIfAborted();
    }
    const state = readPatchState(path);
    if (state === 'unreadable') examined = false;
    if (state === 'unreadable' || state === undefined || state === '-1' || state === goal) continue;
    count += 1;
    if (tasks.length < maxNamedTasks) tasks.push(describe(pid, tid, path));
  }
  return { examined, count, tasks };
}

function* threads(root: KernelRoot): Generator<{ pid: number; tid: number; path: string }> {
  for (const pid of listKernelFolder(root.procfs) ?? []) {
    if (!/^\d{1,10}$/.test(pid)) continue;
    const folder = `${root.procfs}/${pid}/task`;
    for (const tid of listKernelFolder(folder) ?? [])
      yield { pid: Number(pid), tid: Number(tid), path: `${folder}/${tid}` };
  }
}

function readPatchState(path: string): string | undefined {
  try {
    return readKernelFile(`${path}/patch_state`);
  } catch (error) {
    if (error instanceof KernelError && error.code === 'PERMISSION_DENIED') return 'unreadable';
    throw error;
  }
}

function describe(pid: number, tid: number, path: string): BlockedTask {
  const stack = readOptionalFile(`${path}/stack`);
  return {
    pid,
    tid,
    comm: readOptionalFile(`${path}/comm`) ?? '',
    stack: stack === undefined ? null : framesOf(stack),
  };
}

/** Lines are `[<0>] function+0x1a/0x90 [module]`; the address is zero for all but the kernel itself. */
function framesOf(stack: string): string[] {
  const frames = stack.split('\n').map((line) => line.replace(/^\[<[0-9a-fx]+>\] /, '').trim());
  return frames.filter((frame) => frame !== '').slice(0, maxFrames);
}
