import { readFileSync } from 'node:fs';
import { machine } from 'node:os';
import { contextOf } from './context.ts';
import { errnoOf } from './errno.ts';
import { KernelError } from './error.ts';
import type { KernelInfo } from './info-types.ts';
import { fileError, listKernelFolder, listSubfolders, readOptionalFile, requireKernelFile } from './kernel-file.ts';
import type { KernelOptions, KernelRoot } from './options.ts';
import { readRelease, transitionModelOf } from './transition-model.ts';

/**
 * What the running kernel is, and what it lets in. Nothing is guessed: what cannot be read, or does not exist, is `null`.
 *
 * @throws {@link KernelError} `IO` where sysfs or procfs is not mounted, `UNEXPECTED_SYSFS_VALUE`.
 *
 * @example
 * ```ts
 * import { readKernelInfo } from '@klpkit/kernel';
 *
 * const info = await readKernelInfo();
 * if (!info.livepatch) console.log(`${info.release} has no livepatching`);
 * ```
 */
export async function readKernelInfo(options: KernelOptions = {}): Promise<KernelInfo> {
  const { root, signal } = contextOf(options);
  signal?.throwIfAborted();
  const release = readRelease(root);
  return {
    release,
    version: requireKernelFile(`${root.procfs}/version`),
    arch: readOptionalFile(`${root.procfs}/sys/kernel/arch`) ?? machine(), // the file exists from 6.1 on
    livepatch: listKernelFolder(`${root.sysfs}/kernel/livepatch`) !== undefined,
    bootId: readBootId(root),
    model: transitionModelOf(release),
    lockdown: readLockdown(root),
    sigEnforce: switchOf(`${root.sysfs}/module/module/parameters/sig_enforce`),
    modulesDisabled: switchOf(`${root.procfs}/sys/kernel/modules_disabled`),
    ftraceEnabled: switchOf(`${root.procfs}/sys/kernel/ftrace_enabled`),
    secureBoot: readSecureBoot(root),
    moduleCompression: readOptionalFile(`${root.sysfs}/module/compression`) ?? null,
    stuckModules: findStuckModules(root),
  };
}

/**
 * The random id of this boot: another one means that the machine was started anew since.
 *
 * @throws {@link KernelError} `IO`, `UNEXPECTED_SYSFS_VALUE`.
 *
 * @example
 * ```ts
 * import { bootId } from '@klpkit/kernel';
 *
 * console.log(await bootId()); // 7d2b6f3e-…
 * ```
 */
export async function bootId(options: KernelOptions = {}): Promise<string> {
  const { root, signal } = contextOf(options);
  signal?.throwIfAborted();
  return readBootId(root);
}

function readBootId(root: KernelRoot): string {
  const path = `${root.procfs}/sys/kernel/random/boot_id`;
  const id = requireKernelFile(path);
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id;
  throw new KernelError('UNEXPECTED_SYSFS_VALUE', `${path} holds no UUID: check what is mounted there.`, { path });
}

/** A sysctl or parameter that is 0, 1, N or Y; null where it is absent, unreadable or something else. */
function switchOf(path: string): boolean | null {
  const text = readOptionalFile(path)?.trim();
  if (text === '1' || text === 'Y') return true;
  return text === '0' || text === 'N' ? false : null;
}

/** `[none] integrity confidentiality`, the present one in brackets. */
function readLockdown(root: KernelRoot): KernelInfo['lockdown'] {
  const level = /\[([a-z]+)\]/.exec(readOptionalFile(`${root.sysfs}/kernel/security/lockdown`) ?? '')?.[1];
  return level === 'none' || level === 'integrity' || level === 'confidentiality' ? level : null;
}

/** The EFI variable: four bytes of attributes, then 0 or 1 (UEFI 2.10, section 3.3). */
function readSecureBoot(root: KernelRoot): boolean | null {
  const path = `${root.sysfs}/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c`;
  try {
    const bytes = readFileSync(path);
    return bytes.length === 5 ? bytes[4] === 1 : null;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'EACCES' || errno === 'EPERM') return null;
    throw fileError(error, path, 'read');
  }
}

/** Modules in `coming`. One that a load is just bringing in is among them: look twice before calling it stuck. */
export function findStuckModules(root: KernelRoot): string[] {
  const names = listSubfolders(`${root.sysfs}/module`) ?? [];
  return names.filter((name) => readOptionalFile(`${root.sysfs}/module/${name}/initstate`) === 'coming');
}
