import { contextOf } from './context.ts';
import type { PatchedObject, PatchInfo } from './info-types.ts';
import { listKernelFolder, readFlag, readKernelFile } from './kernel-file.ts';
import type { KernelOptions, KernelRoot } from './options.ts';
import { patchFolder } from './transition-read.ts';

/**
 * The livepatches that the kernel has, in stack order where it tells one and by name otherwise. Empty where none is there or the
 * kernel has no livepatching; {@link readKernelInfo} tells which.
 *
 * @throws {@link KernelError} `PERMISSION_DENIED`, `UNEXPECTED_SYSFS_VALUE`, `IO`.
 *
 * @example
 * ```ts
 * import { readPatches } from '@klpkit/kernel';
 *
 * for (const patch of await readPatches()) console.log(patch.name, patch.enabled, patch.transition);
 * ```
 */
export async function readPatches(options: KernelOptions = {}): Promise<readonly PatchInfo[]> {
  const { root, signal } = contextOf(options);
  signal?.throwIfAborted();
  const names = listKernelFolder(`${root.sysfs}/kernel/livepatch`) ?? [];
  const patches = names.map((name) => readPatch(root, name)).filter((patch) => patch !== undefined);
  return patches.toSorted((a, b) => (a.stackOrder ?? 0) - (b.stackOrder ?? 0) || (a.name < b.name ? -1 : 1));
}

/** Undefined for a patch that went away meanwhile. */
function readPatch(root: KernelRoot, name: string): PatchInfo | undefined {
  const folder = patchFolder(root, name);
  const enabled = readFlag(`${folder}/enabled`);
  if (enabled === undefined) return undefined;
  const order = readKernelFile(`${folder}/stack_order`);
  return {
    name,
    enabled,
    transition: readFlag(`${folder}/transition`) ?? null,
    stackOrder: order === undefined ? null : Number(order),
    replace: readFlag(`${folder}/replace`) ?? null,
    objects: readObjects(folder),
  };
}

/** Every folder in a patch is an object, every folder in an object a function (Documentation/ABI/testing/sysfs-kernel-livepatch). */
function readObjects(folder: string): PatchedObject[] {
  const attributes = new Set(['enabled', 'transition', 'force', 'signal', 'replace', 'stack_order', 'uevent']);
  const names = (listKernelFolder(folder) ?? []).filter((name) => !attributes.has(name));
  return names.toSorted().flatMap((name) => {
    const entries = listKernelFolder(`${folder}/${name}`);
    if (entries === undefined) return [];
    const functions = entries.filter((entry) => entry.includes(',')).toSorted();
    return [{ name, patched: readFlag(`${folder}/${name}/patched`) ?? null, functions }];
  });
}
