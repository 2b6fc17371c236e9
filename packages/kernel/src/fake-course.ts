import type { ErrnoName } from './errno.ts';

/** A task that the fake kernel lets block a transition. */
export interface FakeTask {
  /** Name as in /proc/PID/comm, at most 15 bytes. */
  readonly comm: string;
  /** Kernel functions it sits in, innermost first; default one that is patched. */
  readonly stack?: readonly string[];
}

/** The patch applies, and all goes well. */
export interface AppliesCourse {
  readonly kind: 'applies';
  /** Milliseconds from the insertion to the end of the transition; default 20. */
  readonly afterMs?: number;
  /** Atomic replace: at its end all other patches are disabled; default false. */
  readonly replace?: boolean;
}

/** The transition does not end by itself. Disabling the patch reverses it; forcing completes it. */
export interface StallsCourse {
  readonly kind: 'stalls';
  /** Who blocks it; default one task called `worker`. */
  readonly tasks?: readonly FakeTask[];
  /** When the tasks leave by themselves, in milliseconds from the insertion; absent: never. */
  readonly untilMs?: number;
}

/** The patch applies; later the patched function faults and the machine goes on. */
export interface OopsesCourse {
  readonly kind: 'oopses';
  /** Milliseconds from the end of the transition to the fault. */
  readonly afterMs: number;
  /** Milliseconds from the insertion to the end of the transition; default 20. */
  readonly appliesMs?: number;
}

/** The patch applies; later the patched function trips a WARN and the machine goes on. */
export interface WarnsCourse {
  readonly kind: 'warns';
  /** Milliseconds from the end of the transition to the warning. */
  readonly afterMs: number;
  /** Milliseconds from the insertion to the end of the transition; default 20. */
  readonly appliesMs?: number;
}

/** The module's init faults: the calling thread is killed, the module stays `coming` until a reboot. */
export interface OopsesInInitCourse {
  readonly kind: 'oopses-in-init';
  /**
   * Whether the loader tells (`died: true`, as the inserter process does when it sees its thread gone) or stays silent
   * until the deadline; default true.
   */
  readonly seen?: boolean;
}

/** The module's init never returns: the loader stays silent, the module stays `coming` until a reboot. */
export interface HangsInInitCourse {
  readonly kind: 'hangs-in-init';
}

/** The machine goes down: every file below the root fails until `reboot()`, pstore keeps the text. */
export interface PanicsCourse {
  readonly kind: 'panics';
  /** Milliseconds from the insertion; 0 is inside the insertion. */
  readonly afterMs: number;
  /** Text after `Kernel panic - not syncing: `; default `Fatal exception`. */
  readonly text?: string;
}

/** The load is refused. */
export interface RejectsCourse {
  readonly kind: 'rejects';
  readonly errno: ErrnoName;
  /** What the kernel writes to its log on the refusal; absent: nothing, as for a tampered module. */
  readonly kernelLine?: string;
}

/** What becomes of one insertion into the fake kernel. */
export type FakeCourse =
  | AppliesCourse
  | StallsCourse
  | OopsesCourse
  | WarnsCourse
  | OopsesInInitCourse
  | HangsInInitCourse
  | PanicsCourse
  | RejectsCourse;

/** What a {@link FakeKernelOptions.course} function is told. */
export interface FakeInsertion {
  /** The module's name from its .modinfo. */
  readonly name: string;
  readonly params: string;
  /** Counted from 0 over the life of the fake, reboots included. */
  readonly index: number;
}
