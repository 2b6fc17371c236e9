import { insertModule, removeModule, setPatchEnabled, type TransitionState, watchTransition } from '@klpkit/kernel';
import type { Effect } from './effect.ts';
import type { StepEvent } from './step-event.ts';
import type { Hands } from './workbench.ts';

type Of<K extends Effect['kind']> = Extract<Effect, { kind: K }>;

/** Hands the checked bytes to the inserter process. No signal: what began in the kernel is waited for. */
export async function insert({ body, bench, signal }: Hands): Promise<StepEvent> {
  const { module } = bench;
  if (module === undefined) throw new TypeError('nothing was verified');
  signal?.throwIfAborted();
  const begun = body.clock.now();
  bench.insertedAtMs = begun;
  await insertModule(module, { ...body.kernelOptions, deadlineMs: body.schedule.insertDeadlineMs });
  delete bench.module;
  return { kind: 'inserted', durationMs: Math.round(body.clock.now() - begun) };
}

/** One look at the transition; the watch paces itself. */
export async function observe({ module }: Of<'observe'>, { body, bench, signal }: Hands): Promise<StepEvent> {
  bench.insertedAtMs ??= body.clock.now();
  const watch = bench.watch ?? watchOf(module, { body, signal });
  bench.watch = watch;
  const { done, value } = await watch.next();
  const transition: TransitionState = done === true ? { kind: 'absent' } : value;
  if (transition.kind !== 'patching' && transition.kind !== 'unpatching') {
    await watch.return?.();
    delete bench.watch;
  }
  const elapsedMs = Math.round(body.clock.now() - bench.insertedAtMs);
  return { kind: 'observed', transition, elapsedMs, now: body.epochMs() };
}

/** Disables the patch, which turns the transition round, waits for its end and takes the module out. */
export async function reverse({ module }: Of<'reverse'>, { body, bench, signal }: Hands): Promise<StepEvent> {
  await bench.watch?.return?.();
  delete bench.watch;
  await takeOut(module, { body, signal });
  return { kind: 'reversed' };
}

/** The blocklist asks that a loaded patch be taken out of force. */
export async function disable({ module }: Of<'disable'>, { body, signal }: Hands): Promise<undefined> {
  await takeOut(module, { body, signal });
}

async function takeOut(module: string, { body, signal }: Pick<Hands, 'body' | 'signal'>): Promise<void> {
  await setPatchEnabled(module, false, body.kernelOptions);
  const begun = body.clock.now();
  for await (const state of { [Symbol.asyncIterator]: () => watchOf(module, { body, signal }) }) {
    if (state.kind === 'absent') return;
    if (state.kind === 'unpatching' && body.clock.now() - begun > body.schedule.transitionDeadlineMs) break;
  }
  await removeModule(module, body.kernelOptions);
}

function watchOf(module: string, { body, signal }: Pick<Hands, 'body' | 'signal'>): AsyncIterator<TransitionState> {
  const options = { ...body.kernelOptions, intervalMs: body.schedule.transitionPollMs };
  return watchTransition(module, signal === undefined ? options : { ...options, signal })[Symbol.asyncIterator]();
}
