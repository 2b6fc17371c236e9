import { existsSync } from 'node:fs';
import { type Context, contextOf } from './context.ts';
import { errnoOf } from './errno.ts';
import { KernelError } from './error.ts';
import { readKernelFile } from './kernel-file.ts';
import type { KernelOptions } from './options.ts';
import { checkPatchName } from './patch-name.ts';
import { removeRefusal } from './refusal.ts';
import { patchFolder } from './transition-read.ts';

/** How long the kernel may take to let go of a module whose patch is gone; it does so on a work queue. */
const releaseWaitMs = 3000;

/** How long `delete_module` may take; the module's exit runs inside. */
const removeDeadlineMs = 60_000;

const stepMs = 20;

/**
 * Unloads a module. A livepatch must be disabled before (see {@link setPatchEnabled}) and its transition have ended; the short
 * time in which the kernel then still holds the module is waited for.
 *
 * @throws {@link KernelError} `NOT_LOADED`, `BUSY`, `NAME_STUCK`, `PERMISSION_DENIED`, `NOT_SUPPORTED`, `INSERTER_HUNG`,
 * `INSERTER_DIED`, `INSERTER_FAILED`, `INVALID_ARGUMENT`.
 *
 * @example
 * ```ts
 * import { removeModule, setPatchEnabled, watchTransition } from '@klpkit/kernel';
 *
 * export async function unload(name: string): Promise<void> {
 *   await setPatchEnabled(name, false);
 *   for await (const state of watchTransition(name)) console.log(state.kind);
 *   await removeModule(name);
 * }
 * ```
 */
export async function removeModule(name: string, options: KernelOptions = {}): Promise<void> {
  checkPatchName(name);
  const context = contextOf(options);
  context.signal?.throwIfAborted();
  await waitForRelease(name, context);
  try {
    await removeWithDeadline(name, context);
  } catch (error) {
    if (error instanceof KernelError) throw error;
    const errno = errnoOf(error);
    if (errno !== undefined) throw removeRefusal(name, errno, error);
    const text = error instanceof Error ? error.message : String(error);
    if (typeof error === 'object' && error !== null && 'died' in error && error.died === true) {
      throw new KernelError(
        'INSERTER_DIED',
        `The process died while it removed ${name} (${text}): read the kernel log.`,
        {
          cause: error,
        },
      );
    }
    throw new KernelError('INSERTER_FAILED', `Module ${name} was not removed (${text}): see the cause.`, {
      cause: error,
    });
  }
}

/** Waits for the reference count to fall, where nothing but the work queue can still hold it. */
async function waitForRelease(name: string, { root, clock, signal }: Context): Promise<void> {
  const path = `${root.sysfs}/module/${name}/refcnt`;
  for (let waitedMs = 0; waitedMs < releaseWaitMs; waitedMs += stepMs) {
    const count = readKernelFile(path);
    if (count === undefined || count === '0' || existsSync(patchFolder(root, name))) return;
    await clock.sleep(stepMs, signal);
  }
}

async function removeWithDeadline(name: string, { loader, clock }: Context): Promise<void> {
  const abandon = new AbortController();
  const answered = new AbortController();
  const silence = clock.sleep(removeDeadlineMs, answered.signal).then(
    () => 'silence' as const,
    () => 'answer' as const,
  );
  try {
    if ((await Promise.race([loader.remove(name, abandon.signal), silence])) !== 'silence') return;
    abandon.abort();
    throw new KernelError(
      'INSERTER_HUNG',
      `The kernel did not answer within ${removeDeadlineMs} ms: the exit of ${name} hangs. Insert nothing more and reboot.`,
    );
  } finally {
    answered.abort();
  }
}
