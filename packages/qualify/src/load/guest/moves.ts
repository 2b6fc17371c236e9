import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  defaultInsertDeadlineMs,
  insertModule,
  isKernelError,
  type MovingState,
  readPatches,
  readTransition,
  removeModule,
  reverseTransition,
  setPatchEnabled,
  watchTransition,
} from '@klpkit/kernel';
import type { VerifiedModule } from '@klpkit/payload';
import type { LoadTest } from './load-test.ts';
import { StepFailure } from './step-failure.ts';

/** The kernel lets go of a module some moments after its folder in sysfs is gone. */
const letGoMs = 5_000;
const retryMs = 250;

/** Inserts a module; what the kernel says to a bad one is the patch's failure. */
export async function insert(test: LoadTest, module: VerifiedModule): Promise<void> {
  try {
    const loader = await test.loader('insert', module.name);
    await insertModule(module, {
      ...test.kernel,
      loader,
      deadlineMs: Math.max(test.plan.transitionMs, defaultInsertDeadlineMs),
    });
    test.loaded.add(module.name);
  } catch (error) {
    if (!isKernelError(error)) throw error;
    const line = error.kernelLine === undefined ? '' : ` The kernel said: ${error.kernelLine}`;
    throw new StepFailure('LOAD_REFUSED', `The kernel did not take ${module.name}: ${error.message}${line}`);
  }
}

/** Waits until every task runs the patched functions; gives the time it took. */
export async function untilPatched(test: LoadTest, name: string): Promise<number> {
  const startedAt = performance.now();
  const kind = await follow(test, name);
  if (kind !== 'patched') throw new StepFailure('TRANSITION_STALLED', `${name} ended as ${kind} and not as patched.`);
  return performance.now() - startedAt;
}

/** Disables a patch and waits until no task runs it; gives the time it took. */
export async function disable(test: LoadTest, name: string): Promise<number> {
  const startedAt = performance.now();
  await setPatchEnabled(name, false, test.kernel);
  const kind = await follow(test, name);
  if (kind === 'patched')
    throw new StepFailure('TRANSITION_STALLED', `${name} is still enabled after it was disabled.`);
  return performance.now() - startedAt;
}

/** Removes the module of a patch that is disabled or replaced. */
export async function remove(test: LoadTest, name: string): Promise<void> {
  const loader = await test.loader('remove', name);
  const end = performance.now() + letGoMs;
  for (;;) {
    try {
      await removeModule(name, { ...test.kernel, loader });
      test.loaded.delete(name);
      return;
    } catch (error) {
      if (!isKernelError(error)) throw error;
      if (performance.now() < end && error.code === 'BUSY') {
        await delay(retryMs);
        continue;
      }
      const references = await readFile(`${test.kernel.root?.sysfs ?? '/sys'}/module/${name}/refcnt`, 'latin1').catch(
        () => '?',
      );
      throw new StepFailure(
        'UNLOAD_REFUSED',
        `${name} is disabled and cannot be unloaded (${error.errno ?? error.code}); its reference count stays at ${references.trim()}: look for a reference, a thread or a timer that it does not give back.`,
      );
    }
  }
}

/** Disables and removes whatever of the patches is there, newest first. */
export async function unloadAll(test: LoadTest): Promise<void> {
  const patches = await readPatches(test.kernel);
  for (const name of [...test.loaded].toReversed()) {
    if (patches.some((patch) => patch.name === name && patch.enabled)) await disable(test, name);
    await remove(test, name);
  }
}

/** The limit of a transition; a watch looks at the tasks too seldom to keep it, as a look is dear. */
const timeIsOver = new Error('the time of a transition is over');

async function follow(test: LoadTest, name: string): Promise<string> {
  const kind = await watchFor(test, name);
  if (kind !== undefined) return kind;
  const state = await readTransition(name, test.kernel);
  if (state.kind !== 'patching' && state.kind !== 'unpatching') return state.kind; // it ended in the last moment
  return await stalled(test, name, state);
}

/** The last state; undefined where the transition takes too long. */
async function watchFor(test: LoadTest, name: string): Promise<string | undefined> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(timeIsOver), test.plan.transitionMs);
  try {
    let last = 'absent';
    for await (const { kind } of watchTransition(name, { ...test.kernel, signal: limit.signal })) last = kind;
    return last;
  } catch (error) {
    if (error === timeIsOver) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Turns a stalled transition back, so that what is said next is said by a machine that is well. */
async function stalled(test: LoadTest, name: string, state: MovingState): Promise<never> {
  const blockers = state.blockedTasks.slice(0, 5).map(({ comm, tid, stack }) => {
    const where = stack?.slice(0, 4).join(' < ');
    return `${comm} (${tid})${where ? ` in ${where}` : ''}`;
  });
  const who = blockers.length === 0 ? 'tasks that could not be named' : blockers.join('; ');
  await reverseTransition(name, test.kernel);
  const end = (await watchFor(test, name)) === undefined ? 'It could not be reversed either.' : 'It was reversed.';
  throw new StepFailure(
    'TRANSITION_STALLED',
    `The ${state.kind} transition of ${name} did not end in ${test.plan.transitionMs / 1000} s, held up by ${who}. ${end}`,
  );
}
