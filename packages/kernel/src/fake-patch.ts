import { errnoError } from './errno.ts';
import type { FakeTask } from './fake-course.ts';
import { type FakeMachine, type FakeModule, has, later, log, writeModule } from './fake-machine.ts';

/** A livepatch of the fake, enabled or on its way. */
export interface FakePatch {
  readonly module: FakeModule;
  readonly replace: boolean;
  /** Called at the end of patching. */
  readonly onPatched: () => void;
  enabled: boolean;
  /** Ends the wait for the end of the transition; undefined outside of one. */
  moving: AbortController | undefined;
  /** Folders of tasks in procfs. */
  tasks: string[];
}

/** Time that a reversal, a disabling or a forced end takes in the fake. */
const quickMs = 20;

/** The kernel signals remaining tasks after 15 rounds of a second (SIGNALS_TIMEOUT, kernel/livepatch/transition.c). */
const signalAfterMs = 15_000;

/** Pids of blocking tasks begin here. */
const firstPid = 1000;

const folderOf = (patch: FakePatch): string => `sys/kernel/livepatch/${patch.module.name}`;

/** All patches of this boot, oldest first. */
export type FakePatches = Map<string, FakePatch>;

/** Puts the patch into sysfs and starts its transition, which ends after `endMs` (Infinity: not by itself). */
export function enablePatch(
  machine: FakeMachine,
  patches: FakePatches,
  patch: FakePatch,
  endMs: number,
  tasks: readonly FakeTask[],
): void {
  patches.set(patch.module.name, patch);
  const { files } = machine;
  const folder = folderOf(patch);
  files.folder(`${folder}/vmlinux/patched_show,1`);
  files.write(`${folder}/enabled`, 1);
  if (has(machine, 4, 12)) files.write(`${folder}/transition`, 1);
  if (has(machine, 4, 16)) files.write(`${folder}/force`, '');
  if (has(machine, 6, 1)) files.write(`${folder}/vmlinux/patched`, 1);
  if (has(machine, 6, 11)) files.write(`${folder}/replace`, patch.replace ? 1 : 0);
  if (has(machine, 6, 14)) files.write(`${folder}/stack_order`, patches.size);
  log(machine, `livepatch: enabling patch '${patch.module.name}'`);
  startTransition(machine, patches, patch, has(machine, 4, 12) ? endMs : 0, tasks);
}

function startTransition(
  machine: FakeMachine,
  patches: FakePatches,
  patch: FakePatch,
  endMs: number,
  tasks: readonly FakeTask[] = [],
): void {
  patch.moving?.abort();
  dropTasks(machine, patch);
  const moving = new AbortController();
  patch.moving = moving;
  if (has(machine, 4, 12)) {
    log(machine, `livepatch: '${patch.module.name}': starting ${patch.enabled ? 'patching' : 'unpatching'} transition`);
  }
  patch.tasks = tasks.map((task, index) => writeTask(machine, task, firstPid + index, patch));
  if (endMs <= 0) endTransition(machine, patches, patch);
  else endLater(machine, patches, patch, endMs, moving);
}

function endLater(
  machine: FakeMachine,
  patches: FakePatches,
  patch: FakePatch,
  endMs: number,
  moving: AbortController,
): void {
  const signal = AbortSignal.any([moving.signal, machine.life.signal]);
  if (Number.isFinite(endMs)) later(machine, endMs, () => endTransition(machine, patches, patch), signal);
  if (endMs > signalAfterMs)
    later(machine, signalAfterMs, () => log(machine, 'livepatch: signaling remaining tasks'), signal);
}

/** The end of a transition, whichever way it went. */
export function endTransition(machine: FakeMachine, patches: FakePatches, patch: FakePatch): void {
  patch.moving?.abort();
  patch.moving = undefined;
  dropTasks(machine, patch);
  if (has(machine, 4, 12)) {
    log(machine, `livepatch: '${patch.module.name}': ${patch.enabled ? 'patching' : 'unpatching'} complete`);
  }
  if (!patch.enabled) {
    dropPatch(machine, patches, patch);
    return;
  }
  if (has(machine, 4, 12)) machine.files.write(`${folderOf(patch)}/transition`, 0);
  if (patch.replace) {
    for (const other of patches.values()) if (other !== patch) dropPatch(machine, patches, other);
  }
  patch.onPatched();
}

function dropPatch(machine: FakeMachine, patches: FakePatches, patch: FakePatch): void {
  patches.delete(patch.module.name);
  patch.enabled = false;
  machine.files.remove(folderOf(patch));
  patch.module.refcnt = 0;
  writeModule(machine, patch.module);
  if (!has(machine, 6, 14)) return;
  for (const [index, other] of [...patches.values()].entries())
    machine.files.write(`${folderOf(other)}/stack_order`, index + 1);
}

function writeTask(machine: FakeMachine, task: FakeTask, pid: number, patch: FakePatch): string {
  const { files } = machine;
  const thread = `proc/${pid}/task/${pid}`;
  files.folder(thread);
  files.write(`proc/${pid}/comm`, task.comm);
  files.write(`${thread}/comm`, task.comm);
  files.write(`${thread}/patch_state`, patch.enabled ? 0 : 1);
  files.write(
    `${thread}/stack`,
    (task.stack ?? ['patched_show+0x1a/0x90']).map((frame) => `[<0>] ${frame}`).join('\n'),
  );
  return `proc/${pid}`;
}

function dropTasks(machine: FakeMachine, patch: FakePatch): void {
  for (const folder of patch.tasks) machine.files.remove(folder);
  patch.tasks = [];
}

/** A write to a sysfs attribute, with the errno that kernel/livepatch/core.c gives. */
export function storeAttribute(machine: FakeMachine, patches: FakePatches, path: string, value: string): void {
  const prefix = `${machine.files.root.sysfs}/kernel/livepatch/`;
  const [name = '', attribute] = path.startsWith(prefix) ? path.slice(prefix.length).split('/') : [];
  const patch = patches.get(name);
  if (patch === undefined) throw errnoError(2, 'open');
  if (attribute === 'enabled') storeEnabled(machine, patches, patch, value);
  else if (attribute === 'force' && has(machine, 4, 16)) storeForce(machine, patches, patch, value);
  else throw errnoError(attribute === 'transition' ? 13 : 2, 'open');
}

function storeEnabled(machine: FakeMachine, patches: FakePatches, patch: FakePatch, value: string): void {
  const wanted = value.trim() === '1';
  if ((!wanted && value.trim() !== '0') || wanted === patch.enabled) throw errnoError(22, 'write');
  if (patch.moving === undefined) {
    if (wanted) throw errnoError(22, 'write');
    for (const other of patches.values()) if (other.moving !== undefined) throw errnoError(16, 'write');
  }
  patch.enabled = wanted;
  machine.files.write(`${folderOf(patch)}/enabled`, value.trim());
  if (has(machine, 4, 12)) machine.files.write(`${folderOf(patch)}/transition`, 1);
  startTransition(machine, patches, patch, has(machine, 4, 12) ? quickMs : 0);
}

function storeForce(machine: FakeMachine, patches: FakePatches, patch: FakePatch, value: string): void {
  if (value.trim() === '0') return;
  if (value.trim() !== '1' || patch.moving === undefined) throw errnoError(22, 'write');
  log(machine, 'livepatch: forcing remaining tasks to the patched state', 4);
  dropTasks(machine, patch);
  patch.moving.abort();
  patch.moving = new AbortController();
  endLater(machine, patches, patch, quickMs, patch.moving);
}
