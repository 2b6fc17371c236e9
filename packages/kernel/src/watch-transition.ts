import { type BlockedTasksSchedule, createSchedule } from './look-schedule.ts';
import { findBlockedTasks, type TaskLook } from './blocked-tasks.ts';
import { type Context, contextOf } from './context.ts';
import { KernelError } from './error.ts';
import type { TransitionModel } from './info-types.ts';
import { type LogHint, openLogHint } from './log-hint.ts';
import type { KernelOptions } from './options.ts';
import { checkPatchName } from './patch-name.ts';
import { readRelease, transitionModelOf } from './transition-model.ts';
import { type Position, readPosition } from './transition-read.ts';
import type { MovingState, TransitionState } from './transition-state.ts';

/** Options of {@link watchTransition}. */
export interface WatchTransitionOptions extends KernelOptions {
  /**
   * Shortest step between two looks, in milliseconds, 1 to 10000; default 20. Steps grow with the time waited (by a
   * hundredth of it), up to a second.
   */
  readonly intervalMs?: number;
  /** When the transition began by the clock, for `elapsedMs`; default: the first look. */
  readonly startedAtMs?: number;
}

/** Longest step between two looks at the transition. */
const maxStepMs = 1000;

/** With the kernel log as a hint, steps are at least this long and grow by a thousandth of the time waited only. */
const hintedStepMs = 50;

/** Kernels 4.4 and earlier have no transition: so long after the load the log has what there is to say. */
export const settleMs = 10_000;

const noLook: TaskLook = { examined: false, count: 0, tasks: [] };

/**
 * Follows a livepatch transition: the current state at once, then each change, then the last state (`patched`, `unpatched` or
 * `absent`), and ends. While tasks are being moved it also yields after each look at the threads (0.25 s after the start, then
 * in growing steps of at most 10 s), so that a caller can hold its own deadline inside the loop. The kernel moves sleeping
 * tasks by itself after 15 s: a deadline below 17 s calls a sound transition stalled.
 *
 * There is no notification (neither inotify, poll nor uevents tell the end), so it polls; the kernel log, where readable, is
 * a hint when to look. Ending the loop leaves the transition running. Start it after `insertModule` resolved.
 *
 * On kernels from 4.5 to 4.11 functions are redirected at once, which `enabled` tells; on 4.4 and earlier the watch waits ten
 * seconds and yields `patched` with `evidence: 'settled'`: read the kernel log then.
 *
 * @throws {@link KernelError} `INVALID_ARGUMENT`, `UNEXPECTED_SYSFS_VALUE`, `PERMISSION_DENIED`, `IO`.
 *
 * @example
 * ```ts
 * import { setPatchEnabled, watchTransition } from '@klpkit/kernel';
 *
 * export async function applyOrReverse(name: string): Promise<boolean> {
 *   for await (const state of watchTransition(name)) {
 *     if (state.kind === 'patched') return true;
 *     if (state.kind === 'patching' && state.elapsedMs > 60_000) await setPatchEnabled(name, false);
 *   }
 *   return false;
 * }
 * ```
 */
export async function* watchTransition(
  name: string,
  options: WatchTransitionOptions = {},
): AsyncGenerator<TransitionState, void, undefined> {
  checkPatchName(name);
  const baseMs = checkedInterval(options.intervalMs ?? 20);
  const context = contextOf(options);
  context.signal?.throwIfAborted();
  const model = transitionModelOf(readRelease(context.root));
  if (model === 'none') yield* watchSettling(name, model, context);
  else yield* watchTasks(name, model, context, baseMs, options.startedAtMs);
}

async function* watchTasks(
  name: string,
  model: TransitionModel,
  context: Context,
  baseMs: number,
  startedAtMs: number | undefined,
): AsyncGenerator<TransitionState, void, undefined> {
  const { root, clock, signal } = context;
  let hint: LogHint | undefined;
  let run: Run | undefined;
  try {
    for (;;) {
      const position = readPosition(root, name, model);
      if (position !== 'patching' && position !== 'unpatching') {
        yield finalState(position, model);
        return;
      }
      if (run === undefined || run.kind !== position) {
        const startMs: number = run === undefined ? (startedAtMs ?? clock.now()) : clock.now();
        run = { kind: position, startMs, schedule: createSchedule(clock, startMs), look: noLook };
        yield movingState(run, clock.now());
        hint ??= openLogHint(root.kmsg, name);
      } else if (run.schedule.due()) {
        run.look = await run.schedule.run(() => findBlockedTasks(root, position === 'patching' ? '1' : '0', signal));
        if (readPosition(root, name, model) === position) yield movingState(run, clock.now());
        else continue;
      }
      signal?.throwIfAborted();
      await pause(hint, context, baseMs, clock.now() - run.startMs);
    }
  } finally {
    hint?.close();
  }
}

/** One direction of a transition, as it was seen. */
interface Run {
  readonly kind: 'patching' | 'unpatching';
  readonly startMs: number;
  readonly schedule: BlockedTasksSchedule;
  look: TaskLook;
}

/** Waits until it is worth to look again. */
async function pause(hint: LogHint | undefined, context: Context, baseMs: number, elapsedMs: number): Promise<void> {
  const { clock, signal } = context;
  const stepMs = Math.min(Math.max(baseMs, elapsedMs / 100), Math.max(baseMs, maxStepMs));
  if (hint === undefined) {
    await clock.sleep(stepMs, signal);
    return;
  }
  // The log is looked at in short steps, sysfs when the log speaks of the patch or when its own step is over.
  const hintStepMs = Math.max(baseMs, hintedStepMs, elapsedMs / 1000);
  for (let waitedMs = 0; waitedMs < stepMs; ) {
    const sleepMs = Math.min(stepMs - waitedMs, hintStepMs);
    await clock.sleep(sleepMs, signal);
    waitedMs += sleepMs;
    if (hint.spoke()) return;
  }
}

async function* watchSettling(
  name: string,
  model: TransitionModel,
  context: Context,
): AsyncGenerator<TransitionState, void, undefined> {
  const position = readPosition(context.root, name, model);
  if (position === 'patched') {
    yield { kind: 'patching', elapsedMs: 0, examined: false, blockedCount: 0, blockedTasks: [] };
    await context.clock.sleep(settleMs, context.signal);
  }
  yield finalState(readPosition(context.root, name, model), model);
}

function movingState(run: Run, nowMs: number): MovingState {
  const { examined, count, tasks } = run.look;
  const elapsedMs = Math.max(0, Math.round(nowMs - run.startMs));
  return { kind: run.kind, elapsedMs, examined, blockedCount: count, blockedTasks: tasks };
}

/** A position that needs no tasks, as a state. */
export function finalState(position: Position, model: TransitionModel): TransitionState {
  if (position === 'patched') return { kind: 'patched', evidence: evidenceOf[model] };
  return { kind: position === 'absent' ? 'absent' : 'unpatched' };
}

const evidenceOf = { 'per-task': 'transition', 'enabled-only': 'enabled', none: 'settled' } as const;

function checkedInterval(intervalMs: number): number {
  if (Number.isFinite(intervalMs) && intervalMs >= 1 && intervalMs <= 10_000) return intervalMs;
  throw new KernelError('INVALID_ARGUMENT', `intervalMs is ${intervalMs}: it must be from 1 to 10000.`);
}
