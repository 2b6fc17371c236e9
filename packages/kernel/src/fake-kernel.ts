import type { FakeCourse, FakeInsertion } from './fake-course.ts';
import type { FakeKernel, FakeKernelOptions } from './fake-kernel-types.ts';
import { createFakeLoader } from './fake-loader.ts';
import { boot, createMachine, type FakeMachine, log, panic, perform } from './fake-machine.ts';
import { endTransition, type FakePatches } from './fake-patch.ts';
import { systemClock } from './options.ts';

/**
 * A machine to test against, without a kernel: a folder laid out as sysfs and procfs, a kernel log of records, and a loader that
 * acts on them with the real kernel's errno values, log lines, taint and order. What happens to an insertion is scripted. It
 * keeps a few timers and no threads, so that a thousand of them fit into one process.
 *
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { readPatches } from '@klpkit/kernel';
 * import { createFakeKernel } from '@klpkit/kernel/testing';
 *
 * const folder = await mkdtemp('/tmp/fake-');
 * const kernel = await createFakeKernel({ folder, course: { kind: 'oopses', afterMs: 100 } });
 * console.log(await readPatches({ root: kernel.root, loader: kernel.loader }));
 * await kernel.close();
 * ```
 */
export async function createFakeKernel(options: FakeKernelOptions): Promise<FakeKernel> {
  const clock = options.clock ?? systemClock;
  const machine = createMachine(options, clock);
  const patches: FakePatches = new Map();
  const script = createScript(options.course ?? { kind: 'applies' });
  const onPanic = (): void => options.onPanic?.();
  return {
    root: machine.files.root,
    loader: createFakeLoader({ machine, patches, nextCourse: script.next, onPanic }),
    clock,
    get power() {
      return machine.power;
    },
    get bootId() {
      return machine.bootId;
    },
    get modules() {
      return [...machine.modules.keys()];
    },
    setCourse: script.set,
    releaseTasks: () => perform(machine, () => releaseTasks(machine, patches)),
    log: (text, level = 6, facility = 0) => perform(machine, () => log(machine, text, level, facility)),
    panic: (text = 'Fatal exception') => {
      if (machine.power === 'down') return;
      panic(machine, undefined, text);
      onPanic();
    },
    reboot: async () => {
      machine.life.abort(new Error('the fake machine was rebooted'));
      patches.clear();
      boot(machine, options);
    },
    close: async () => machine.life.abort(new Error('the fake kernel was closed')),
  };
}

type Course = NonNullable<FakeKernelOptions['course']>;

/** Hands out the course of each insertion. */
function createScript(first: Course): {
  next: (name: string, params: string) => FakeCourse;
  set: FakeKernel['setCourse'];
} {
  let course = first;
  let index = 0;
  const next = (name: string, params: string): FakeCourse => {
    const insertion: FakeInsertion = { name, params, index };
    index += 1;
    return typeof course === 'function' ? course(insertion) : course;
  };
  return {
    next,
    set: (other) => {
      course = other;
    },
  };
}

function releaseTasks(machine: FakeMachine, patches: FakePatches): void {
  for (const patch of patches.values()) if (patch.moving !== undefined) endTransition(machine, patches, patch);
}
