import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Context, contextOf } from './context.ts';
import { errnoOf } from './errno.ts';
import { KernelError, type KernelErrorCode } from './error.ts';
import { fileError, readFlag } from './kernel-file.ts';
import type { KernelOptions } from './options.ts';
import { checkPatchName } from './patch-name.ts';
import { patchFolder } from './transition-read.ts';

/**
 * Enables or disables a livepatch. In a transition this turns its direction; `false` on a settled patch starts the way back.
 * Resolves at once where the patch already goes that way; it does not wait for the transition, see {@link watchTransition}.
 * A patch that was disabled cannot be enabled again since 5.1: remove its module and insert it anew.
 *
 * @throws {@link KernelError} `NOT_LOADED`, `BUSY` (another transition is under way), `PERMISSION_DENIED`, `NOT_SUPPORTED`, `IO`.
 *
 * @example
 * ```ts
 * import { setPatchEnabled } from '@klpkit/kernel';
 *
 * await setPatchEnabled('livepatch_cve_2026_0001', false);
 * ```
 */
export async function setPatchEnabled(name: string, enabled: boolean, options: KernelOptions = {}): Promise<void> {
  const { context, path, current } = openPatch(name, options);
  if (current === enabled) return;
  await store(context, path, enabled ? '1' : '0', (errno) => {
    if (errno === 'EBUSY') return ['BUSY', 'another livepatch transition is under way: wait for its end'];
    if (errno === 'EINVAL' && readFlag(path) === enabled) return undefined; // somebody else was faster
    if (errno === 'EINVAL' && enabled) {
      return [
        'NOT_SUPPORTED',
        'a disabled patch cannot be enabled again (since 5.1): remove the module and insert it anew',
      ];
    }
    if (errno === 'EINVAL') return ['REJECTED', 'the kernel refused the change: read the state again'];
    if (errno === 'ENOENT' || errno === 'ENODEV')
      return ['NOT_LOADED', 'the patch is gone meanwhile: read the state again'];
    return ['IO', 'see the cause'];
  });
}

/**
 * Turns a transition round: a stalled patching goes back to unpatched in a second or so, which is the safe way out. Does nothing
 * where no transition is under way.
 *
 * @throws {@link KernelError} as {@link setPatchEnabled}.
 *
 * @example
 * ```ts
 * import { reverseTransition } from '@klpkit/kernel';
 *
 * await reverseTransition('livepatch_cve_2026_0001');
 * ```
 */
export async function reverseTransition(name: string, options: KernelOptions = {}): Promise<void> {
  const { context, current } = openPatch(name, options);
  if (readFlag(`${patchFolder(context.root, name)}/transition`) !== true) return;
  await setPatchEnabled(name, !current, options);
}

/** The words that {@link forceTransition} demands. */
export const forceAcceptance = 'I accept that this machine must be rebooted';

/** Options of {@link forceTransition}. */
export interface ForceOptions extends KernelOptions {
  /** What forcing costs, in words: tasks may run old and new code at once, and what was forced can never be unloaded. */
  readonly acceptsReboot: typeof forceAcceptance;
}

/**
 * Completes a transition although tasks block it. Consistency is lost from then on; plan a reboot. Kernels from 4.16 on.
 *
 * @throws {@link KernelError} `INVALID_ARGUMENT` without the words, `NOT_LOADED`, `NOT_SUPPORTED`, `REJECTED` where no transition
 * is under way, `PERMISSION_DENIED`.
 *
 * @example
 * ```ts
 * import { forceTransition } from '@klpkit/kernel';
 *
 * await forceTransition('livepatch_cve_2026_0001', { acceptsReboot: 'I accept that this machine must be rebooted' });
 * ```
 */
export async function forceTransition(name: string, options: ForceOptions): Promise<void> {
  const said: unknown = options.acceptsReboot;
  if (said !== forceAcceptance) {
    throw new KernelError('INVALID_ARGUMENT', `Forcing needs acceptsReboot: ${JSON.stringify(forceAcceptance)}.`);
  }
  const { context } = openPatch(name, options);
  await store(context, `${patchFolder(context.root, name)}/force`, '1', (errno) => {
    if (errno === 'EINVAL') return ['REJECTED', 'no transition of this patch is under way: read its state'];
    if (errno === 'ENOENT')
      return ['NOT_SUPPORTED', 'this kernel cannot force (4.16 and later can): reverse the transition'];
    return ['IO', 'see the cause'];
  });
}

interface OpenPatch {
  readonly context: Context;
  /** Of the attribute `enabled`. */
  readonly path: string;
  readonly current: boolean;
}

function openPatch(name: string, options: KernelOptions): OpenPatch {
  checkPatchName(name);
  const context = contextOf(options);
  context.signal?.throwIfAborted();
  const path = `${patchFolder(context.root, name)}/enabled`;
  const current = readFlag(path);
  if (current !== undefined) return { context, path, current };
  throw new KernelError(
    'NOT_LOADED',
    `There is no livepatch ${name}: it was never enabled, or was disabled or replaced.`,
    {
      path,
    },
  );
}

type Explain = (errno: string | undefined) => readonly [KernelErrorCode, string] | undefined;

async function store(context: Context, path: string, value: string, explain: Explain): Promise<void> {
  try {
    if (context.loader.store === undefined) await storeFile(path, value);
    else await context.loader.store(path, value);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EPERM' || errno === 'EACCES') throw fileError(error, path, 'written');
    const meaning = explain(errno);
    if (meaning === undefined) return;
    const message = `${path} did not take ${value} (${errno ?? 'no errno'}): ${meaning[1]}.`;
    throw new KernelError(meaning[0], message, { errno, path, cause: error });
  }
}

/** One write(2) of the value; asynchronous, as the kernel may hold the livepatch lock for a while. */
async function storeFile(path: string, value: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY); // no O_CREAT: an attribute that is gone must not be made
  try {
    await file.write(value);
  } finally {
    await file.close();
  }
}
