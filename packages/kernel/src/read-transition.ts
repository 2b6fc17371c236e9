import { findBlockedTasks } from './blocked-tasks.ts';
import { contextOf } from './context.ts';
import type { KernelOptions } from './options.ts';
import { checkPatchName } from './patch-name.ts';
import { readRelease, transitionModelOf } from './transition-model.ts';
import { readPosition } from './transition-read.ts';
import type { TransitionState } from './transition-state.ts';
import { finalState } from './watch-transition.ts';

/**
 * Where a livepatch stands now. The threads are looked at where a transition is under way; `elapsedMs` is 0, as one look does
 * not tell when it began.
 *
 * @throws {@link KernelError} `INVALID_ARGUMENT`, `UNEXPECTED_SYSFS_VALUE`, `PERMISSION_DENIED`, `IO`.
 *
 * @example
 * ```ts
 * import { readTransition } from '@klpkit/kernel';
 *
 * const state = await readTransition('livepatch_cve_2026_0001');
 * if (state.kind === 'patching') console.log(state.blockedTasks.map((task) => task.comm));
 * ```
 */
export async function readTransition(name: string, options: KernelOptions = {}): Promise<TransitionState> {
  checkPatchName(name);
  const { root, signal } = contextOf(options);
  signal?.throwIfAborted();
  const model = transitionModelOf(readRelease(root));
  const position = readPosition(root, name, model);
  if (position !== 'patching' && position !== 'unpatching') return finalState(position, model);
  const look = await findBlockedTasks(root, position === 'patching' ? '1' : '0', signal);
  // The look takes time: what it saw counts only where the transition is still the same.
  const after = readPosition(root, name, model);
  if (after !== position && after !== 'patching' && after !== 'unpatching') return finalState(after, model);
  const { examined, count, tasks } = look;
  return { kind: position, elapsedMs: 0, examined, blockedCount: count, blockedTasks: tasks };
}
