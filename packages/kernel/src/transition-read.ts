import { KernelError } from './error.ts';
import type { TransitionModel } from './info-types.ts';
import { listKernelFolder, readFlag, readKernelFile } from './kernel-file.ts';
import type { KernelRoot } from './options.ts';

/** Where a patch stands, without the tasks. */
export type Position = 'absent' | 'patching' | 'unpatching' | 'patched' | 'unpatched';

/** A state that changes while its three files are read is read again, this often at most. */
const maxReads = 5;

/** Folder of a patch. */
export const patchFolder = (root: KernelRoot, name: string): string => `${root.sysfs}/kernel/livepatch/${name}`;

/** State of a module: `coming`, `live`, `going`; undefined where it is not loaded. */
export function readModuleState(root: KernelRoot, name: string): 'coming' | 'live' | 'going' | undefined {
  const path = `${root.sysfs}/module/${name}/initstate`;
  const state = readKernelFile(path);
  if (state === undefined || state === 'coming' || state === 'live' || state === 'going') return state;
  const shown = JSON.stringify(state.slice(0, 40));
  throw new KernelError('UNEXPECTED_SYSFS_VALUE', `${path} holds ${shown}, which is no module state.`, { path });
}

/** Reads the position of a patch once, consistently. */
export function readPosition(root: KernelRoot, name: string, model: TransitionModel): Position {
  const folder = patchFolder(root, name);
  for (let reads = 0; reads < maxReads; reads += 1) {
    const enabled = readFlag(`${folder}/enabled`);
    if (enabled === undefined) return positionWithoutFolder(root, name, model);
    if (model !== 'per-task') return enabled ? 'patched' : 'unpatched';
    const transition = readFlag(`${folder}/transition`);
    // The folder may be going away, or the direction turning, between two reads: what is said must have held at one moment.
    if (transition === undefined || readFlag(`${folder}/enabled`) !== enabled) continue;
    return settle(root, name, enabled, transition);
  }
  throw new KernelError(
    'UNEXPECTED_SYSFS_VALUE',
    `${folder}/transition is missing beside "enabled", or changes all the time: this kernel is not known to the package.`,
    { path: `${folder}/transition` },
  );
}

/** `enabled` rises and falls at the start of a transition: only `transition` tells its end. */
function settle(root: KernelRoot, name: string, enabled: boolean, transition: boolean): Position {
  if (enabled) return transition ? 'patching' : 'patched';
  // In the module's init the folder is there before the transition has begun.
  if (readModuleState(root, name) === 'coming') return 'patching';
  return transition ? 'unpatching' : 'unpatched';
}

function positionWithoutFolder(root: KernelRoot, name: string, model: TransitionModel): Position {
  const state = readModuleState(root, name);
  if (state === undefined) {
    // A missing file means "not loaded" only where sysfs itself is there.
    if (listKernelFolder(`${root.sysfs}/module`) !== undefined) return 'absent';
    const path = `${root.sysfs}/module`;
    throw new KernelError('IO', `${path} does not exist: mount sysfs there, or name the right root.`, { path });
  }
  if (state === 'coming') return 'absent';
  return model === 'none' ? 'patched' : 'unpatched';
}
