import { type KernelOptions, type TransitionState, watchTransition } from '@klpkit/kernel';
import { CliError } from './cli-error.ts';
import type { Session } from './command.ts';
import { exitCode } from './exit-code.ts';

/** Default of `--wait`: the kernel moves sleeping tasks by itself after 15 s, and they leave at about 17 s. */
export const defaultWaitSeconds = 60;

/** The option `--wait` as milliseconds. */
export function readWait(text: string): number {
  const seconds = Number(text);
  if (/^\d{1,6}(?:\.\d{1,3})?$/.test(text) && seconds > 0) return seconds * 1000;
  throw new CliError('USAGE', '--wait wants seconds above 0, such as 60');
}

/** Follows a transition to its end, telling who blocks it; a stall is an answer, and leaves the transition as it is. */
export async function waitForTransition(
  session: Session,
  name: string,
  waitMs: number,
  kernel: KernelOptions,
): Promise<TransitionState['kind']> {
  let kind: TransitionState['kind'] = 'absent';
  let told = '';
  for await (const state of watchTransition(name, kernel)) {
    kind = state.kind;
    if (state.kind !== 'patching' && state.kind !== 'unpatching') continue;
    const blockers = state.blockedTasks.map(({ tid, comm }) => `${comm} (${tid})`).join(', ');
    if (blockers !== told && blockers !== '') session.note(`waiting for ${blockers}`);
    told = blockers;
    if (state.elapsedMs < waitMs) continue;
    const who = blockers === '' ? 'tasks that cannot be named' : blockers;
    const message = `${name} is still ${state.kind} after ${waitMs / 1000} s, held by ${who}: wait on, or "klpkit unload ${name}"`;
    throw new CliError('STALLED', message, { exit: exitCode.no });
  }
  return kind;
}
