import type { FakeCourse, FakeInsertion } from './fake-course.ts';
import type { Clock, KernelRoot, ModuleLoader } from './options.ts';

/** How a fake kernel is made. */
export interface FakeKernelOptions {
  /** An existing, empty folder of its own; the caller removes it. */
  readonly folder: string;
  /** `uname -r`; default `6.1.0-56-amd64`. It decides what sysfs has: no `transition` before 4.12, `replace` from 6.11, `stack_order` from 6.14. */
  readonly release?: string;
  /** `uname -m`; default `x86_64`. */
  readonly arch?: string;
  /** What becomes of each insertion; default `{ kind: 'applies' }`. A function is asked per insertion. */
  readonly course?: FakeCourse | ((insertion: FakeInsertion) => FakeCourse);
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Boot ids, one for each boot; default random UUIDs. */
  readonly bootIds?: () => string;
  /** `taint` the machine has before anything is loaded; default 0. */
  readonly tainted?: number;
  /** Told once the machine went down by a panic. A harness stops its agent here, as the power would. */
  readonly onPanic?: () => void;
}

/** A machine to test against: files laid out as sysfs and procfs, a kernel log, and a loader that acts on them. */
export interface FakeKernel {
  readonly root: KernelRoot;
  readonly loader: ModuleLoader;
  /** The clock it was given, to be handed on. */
  readonly clock: Clock;
  /** `up`, or `down` after a panic. */
  readonly power: 'up' | 'down';
  readonly bootId: string;
  /** Names of the modules loaded, whatever their state. */
  readonly modules: readonly string[];
  /** Sets what becomes of the insertions to come. */
  setCourse(course: FakeCourse | ((insertion: FakeInsertion) => FakeCourse)): void;
  /** Lets the tasks that stall a transition leave: it ends as it would have. */
  releaseTasks(): void;
  /** Writes a record to the kernel log; `level` 0 to 7, default 6; `facility` 0 is the kernel, 1 a program. */
  log(text: string, level?: number, facility?: number): void;
  /** Takes the machine down now. */
  panic(text?: string): void;
  /** Starts it again: a new boot id, no modules, an empty log, counters and taint at zero; pstore keeps a panic's text. */
  reboot(): Promise<void>;
  /** Stops all timers. The folder is left to the caller. */
  close(): Promise<void>;
}
