import assert from 'node:assert/strict';
import {
  insertModule,
  isKernelError,
  type KernelErrorCode,
  removeModule,
  setPatchEnabled,
  type TransitionState,
  watchTransition,
} from '@klpkit/kernel';
import type { VerifiedModule } from '@klpkit/payload';
import type { KernelSubject } from './kernel-compliance.ts';

/** Follows a transition to its end; the kinds seen, without repetition. */
export async function kindsOf({ options }: KernelSubject, name: string): Promise<TransitionState['kind'][]> {
  const kinds: TransitionState['kind'][] = [];
  for await (const { kind } of watchTransition(name, options)) if (kinds.at(-1) !== kind) kinds.push(kind);
  return kinds;
}

/** Loads a patch and waits until it applied. */
export async function apply(subject: KernelSubject, module: VerifiedModule): Promise<void> {
  await insertModule(module, subject.options);
  assert.equal((await kindsOf(subject, module.name)).at(-1), 'patched');
}

/** Disables a patch, waits, and removes its module. */
export async function takeOut(subject: KernelSubject, name: string): Promise<void> {
  await setPatchEnabled(name, false, subject.options);
  assert.equal((await kindsOf(subject, name)).at(-1), 'unpatched');
  await removeModule(name, subject.options);
}

/** Demands a `KernelError` of that code, and gives it back. */
export async function rejectsWith(call: Promise<unknown>, code: KernelErrorCode): Promise<Error> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(isKernelError(error), `${code} was to come, not ${String(error)}`);
  assert.equal(error.code, code, error.message);
  return error;
}
