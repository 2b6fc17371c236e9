import {
  forceAcceptance,
  forceTransition,
  insertModule,
  isKernelError,
  readTransition,
  removeModule,
  setPatchEnabled,
  type TransitionState,
  watchTransition,
} from '@klpkit/kernel';
import type { Body } from './body.ts';
import { facts } from './effect-ask.ts';
import type { Effect } from './effect.ts';
import { moduleStateOf } from './module-state.ts';
import type { StepEvent } from './step-event.ts';
import type { Hands } from './workbench.ts';

type Of<K extends Effect['kind']> = Extract<Effect, { kind: K }>;

/** Hands the checked bytes to the inserter process. No signal: what began in the kernel is waited for. */
export async function insert({ body, bench, signal }: Hands): Promise<StepEvent> {
  const { module } = bench;
  if (module === undefined) throw new TypeError('nothing was verified');
  signal?.throwIfAborted();
  const begun = body.clock.now();
  delete bench.watchedSinceMs;
  await insertModule(module, { ...body.kernelOptions, deadlineMs: body.schedule.insertDeadlineMs });
  delete bench.module;
  return { kind: 'inserted', durationMs: Math.round(body.clock.now() - begun) };
}

/** One look at the transition; the watch paces itself. */
export async function observe({ module }: Of<'observe'>, { body, bench, signal }: Hands): Promise<StepEvent> {
  bench.watchedSinceMs ??= body.clock.now(); // a slow insertion, or a slow disk after it, takes nothing from the transition's time
  const watch = bench.watch ?? watchOf(module, { body, signal });
  bench.watch = watch;
  const { done, value } = await watch.next();
  const transition: TransitionState = done === true ? { kind: 'absent' } : value;
  if (transition.kind !== 'patching' && transition.kind !== 'unpatching') {
    await watch.return?.();
    delete bench.watch;
  }
  const elapsedMs = Math.round(body.clock.now() - bench.watchedSinceMs);
  tellUnseen(transition, elapsedMs, body);
  return { kind: 'observed', transition, elapsedMs, now: body.epochMs() };
}

/** Who blocks a transition that is about to be given up may be a task that this process has no right to look at. */
function tellUnseen(transition: TransitionState, elapsedMs: number, { schedule, ports }: Body): void {
  if (transition.kind !== 'patching' || transition.examined || elapsedMs < schedule.transitionDeadlineMs) return;
  const message =
    'Tasks that block the transition may be missing from the names: to look at those of other users takes CAP_DAC_READ_SEARCH.';
  ports.onEvent?.({ kind: 'trouble', code: 'TASKS_UNSEEN', message });
}

/** Disables the patch, which turns the transition round, waits for its end and takes the module out. */
export async function reverse({ module }: Of<'reverse'>, { body, bench, signal }: Hands): Promise<StepEvent> {
  await bench.watch?.return?.();
  delete bench.watch;
  await takeOut(module, { body, signal });
  return { kind: 'reversed' };
}

/** The policy asks that a stalled transition be completed all the same. One that ended meanwhile, or was forced before the agent died, is left. */
export async function force({ module }: Of<'force'>, { body }: Hands): Promise<StepEvent> {
  const { kind } = await readTransition(module, body.kernelOptions);
  if (kind !== 'patching') return { kind: 'forced' };
  await forceTransition(module, { ...body.kernelOptions, acceptsReboot: forceAcceptance });
  return { kind: 'forced' };
}

/**
 * After the death of an agent around the insertion: its inserter may still be at work. Waits until the patch shows, or for as long as an
 * inserter is given; a module that is there by then without being a patch is one whose init never came back.
 */
export async function awaitInsertion(
  { module }: Of<'await-insertion'>,
  { body, bench, signal }: Hands,
): Promise<StepEvent> {
  const begun = body.clock.now();
  bench.watchedSinceMs = begun;
  for (;;) {
    const transition = await readTransition(module, body.kernelOptions);
    const elapsedMs = Math.round(body.clock.now() - begun);
    if (transition.kind !== 'absent') return { kind: 'observed', transition, elapsedMs, now: body.epochMs() };
    if (elapsedMs >= body.schedule.insertDeadlineMs) break;
    await body.clock.sleep(Math.min(body.schedule.transitionPollMs, body.schedule.insertDeadlineMs), signal);
  }
  if ((await moduleStateOf(module, body.kernelOptions)) === undefined)
    return { kind: 'not-inserted', facts: await facts({ body }) };
  const message = `[INSERTER_HUNG] The module ${module} is in the kernel, but its init never came back. Reboot the machine.`;
  return {
    kind: 'failed',
    phase: 'insert',
    failure: { code: 'INSERTER_HUNG', message },
    inserter: 'hung',
    now: body.epochMs(),
  };
}

/** The blocklist asks that a loaded patch be taken out of force. */
export async function disable({ module }: Of<'disable'>, { body, signal }: Hands): Promise<undefined> {
  await takeOut(module, { body, signal });
}

/** Goes on from wherever an agent that died has left it: disabled, turned round, or gone. */
async function takeOut(module: string, { body, signal }: Pick<Hands, 'body' | 'signal'>): Promise<void> {
  await setPatchEnabled(module, false, body.kernelOptions).catch(unlessGone);
  const begun = body.clock.now();
  for await (const state of { [Symbol.asyncIterator]: () => watchOf(module, { body, signal }) }) {
    if (state.kind === 'absent') return;
    if (state.kind === 'unpatching' && body.clock.now() - begun > body.schedule.transitionDeadlineMs) break;
  }
  await removeModule(module, body.kernelOptions).catch(unlessGone);
}

function unlessGone(error: unknown): void {
  if (!isKernelError(error, 'NOT_LOADED')) throw error;
}

function watchOf(module: string, { body, signal }: Pick<Hands, 'body' | 'signal'>): AsyncIterator<TransitionState> {
  const options = { ...body.kernelOptions, intervalMs: body.schedule.transitionPollMs };
  return watchTransition(module, signal === undefined ? options : { ...options, signal })[Symbol.asyncIterator]();
}
