import { errnoError, errnoNumber } from './errno.ts';
import type { FakeCourse } from './fake-course.ts';
import {
  dropModule,
  type FakeMachine,
  type FakeModule,
  later,
  log,
  oops,
  panic,
  perform,
  taint,
  taintValue,
  warn,
  writeModule,
} from './fake-machine.ts';
import { machineOf, readFakeModule } from './fake-module-info.ts';
import { enablePatch, type FakePatches, storeAttribute } from './fake-patch.ts';
import type { ModuleLoader } from './options.ts';

/** What the loader shares with the fake kernel around it. */
export interface FakeLoaderState {
  readonly machine: FakeMachine;
  readonly patches: FakePatches;
  /** Asked for each insertion. */
  nextCourse(name: string, params: string): FakeCourse;
  /** Told of a panic that a course brought. */
  onPanic(): void;
}

/** End of a transition that goes well, unless the course says otherwise. */
const defaultTransitionMs = 20;

/** The port, acting on the fake machine. */
export function createFakeLoader(state: FakeLoaderState): ModuleLoader {
  const { machine, patches } = state;
  return {
    insert: (bytes, params, signal) => whilePowered(machine, signal, () => insert(state, bytes, params)),
    remove: (name, signal) => whilePowered(machine, signal, () => remove(machine, name)),
    store: async (path, value) => {
      if (machine.power === 'down') throw errnoError(20, 'open');
      perform(machine, () => storeAttribute(machine, patches, path, value));
    },
  };
}

/** Runs a call as a system call: it answers, hangs until the caller lets go, or ends with the machine. */
async function whilePowered(
  machine: FakeMachine,
  signal: AbortSignal | undefined,
  call: () => 'answered' | 'hangs',
): Promise<void> {
  if (machine.power === 'down') throw machineDown();
  const { life } = machine;
  if (perform(machine, call) === 'hangs')
    await aborted(signal === undefined ? life.signal : AbortSignal.any([life.signal, signal]));
  if (life.signal.aborted) throw machineDown();
  signal?.throwIfAborted();
}

/** A process that dies with its machine. */
const machineDown = (): Error => Object.assign(new Error('the fake machine is down'), { died: true });

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) resolve();
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise;
}

/** The order is load_module's (kernel/module/main.c): form, name, init. */
function insert(state: FakeLoaderState, bytes: Uint8Array, params: string): 'answered' | 'hangs' {
  const { machine, patches } = state;
  const info = readFakeModule(bytes);
  if (info === undefined) {
    log(machine, 'Invalid ELF header magic: != \x7fELF', 3);
    throw errnoError(8, 'init_module');
  }
  if (machineOf(machine.arch) !== undefined && info.machine !== machineOf(machine.arch)) {
    log(machine, `Invalid architecture in ELF header: ${info.machine}`, 3);
    throw errnoError(8, 'init_module');
  }
  const loaded = machine.modules.get(info.name);
  if (loaded?.state === 'coming') return 'hangs';
  if (loaded !== undefined) throw errnoError(17, 'init_module');
  const course = state.nextCourse(info.name, params);
  if (course.kind === 'rejects') {
    if (course.kernelLine !== undefined) log(machine, course.kernelLine, 3);
    throw errnoError(errnoNumber(course.errno), 'init_module');
  }
  taintFor(machine, info.name, info.livepatch);
  const busy = [...patches.values()].some((patch) => patch.moving !== undefined);
  if (info.livepatch && busy) throw errnoError(16, 'init_module');
  const module: FakeModule = { name: info.name, livepatch: info.livepatch, state: 'coming', refcnt: 1 };
  machine.modules.set(info.name, module);
  return initialise(state, module, course);
}

function taintFor(machine: FakeMachine, name: string, livepatch: boolean): void {
  const isSet = (value: number): boolean => Math.floor(machine.tainted / value) % 2 === 1;
  if (!isSet(taintValue.outOfTree)) log(machine, `${name}: loading out-of-tree module taints kernel.`, 4);
  taint(machine, taintValue.outOfTree);
  if (!livepatch) return;
  if (!isSet(taintValue.livepatch)) log(machine, `${name}: tainting kernel with TAINT_LIVEPATCH`);
  taint(machine, taintValue.livepatch);
}

function initialise(state: FakeLoaderState, module: FakeModule, course: FakeCourse): 'answered' | 'hangs' {
  const { machine } = state;
  if (course.kind === 'hangs-in-init' || course.kind === 'oopses-in-init') {
    writeModule(machine, module);
    if (course.kind === 'hangs-in-init') return 'hangs';
    oops(machine, module);
    if (course.seen === false) return 'hangs';
    throw Object.assign(new Error('the fake kernel killed the thread in the module init'), { died: true });
  }
  module.state = 'live';
  if (!module.livepatch) module.refcnt = 0;
  writeModule(machine, module);
  if (module.livepatch) enable(state, module, course);
  if (course.kind === 'panics') {
    const fall = (): void => {
      panic(machine, module, course.text ?? 'Fatal exception');
      state.onPanic();
    };
    if (course.afterMs > 0) later(machine, course.afterMs, fall);
    else fall();
  }
  return 'answered';
}

function enable({ machine, patches }: FakeLoaderState, module: FakeModule, course: FakeCourse): void {
  const hit = (ms: number, act: () => void): void =>
    later(machine, ms, () => {
      if (patches.has(module.name)) act(); // code that is no longer patched in does no harm
    });
  const onPatched = (): void => {
    if (course.kind === 'oopses') hit(course.afterMs, () => oops(machine, module));
    if (course.kind === 'warns') hit(course.afterMs, () => warn(machine, module));
  };
  const replace = course.kind === 'applies' && course.replace === true;
  const patch = { module, replace, onPatched, enabled: true, moving: undefined, tasks: [] };
  enablePatch(
    machine,
    patches,
    patch,
    endOf(course),
    course.kind === 'stalls' ? (course.tasks ?? [{ comm: 'worker' }]) : [],
  );
}

function endOf(course: FakeCourse): number {
  if (course.kind === 'applies') return course.afterMs ?? defaultTransitionMs;
  if (course.kind === 'stalls') return course.untilMs ?? Number.POSITIVE_INFINITY;
  if (course.kind === 'oopses' || course.kind === 'warns') return course.appliesMs ?? defaultTransitionMs;
  return defaultTransitionMs;
}

/** delete_module with O_NONBLOCK. */
function remove(machine: FakeMachine, name: string): 'answered' {
  const module = machine.modules.get(name);
  if (module === undefined) throw errnoError(2, 'delete_module');
  if (module.state === 'coming') throw errnoError(16, 'delete_module');
  if (module.refcnt > 0) throw errnoError(11, 'delete_module');
  dropModule(machine, name);
  return 'answered';
}
