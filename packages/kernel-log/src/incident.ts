/**
 * What kind of trouble an incident is. The line between a fault and a warning is the kernel's own: the taint bit it sets.
 *
 * - `fault`: memory or control flow is broken: an oops, a BUG, a memory error found by KASAN or SLUB (taint D or B)
 * - `warning`: a rule was seen broken and the kernel went on: WARN, lockdep, UBSAN, sleeping in atomic context (taint W or none)
 * - `hang`: something does not come back: hung task, soft or hard lockup, RCU stall (taint L or none)
 * - `panic`: the machine went down without a fault that explains it
 * - `external`: hardware, memory pressure or user space; never a patch's doing
 */
export type IncidentKind = 'fault' | 'warning' | 'hang' | 'panic' | 'external';

/**
 * How sure it is that a livepatch module had a part in an incident.
 *
 * - `strong`: the instruction pointer is in the module
 * - `medium`: a reliable frame of the failing task's stack is in the module
 * - `weak`: the module is only listed as loaded; each incident after a load has that, so it proves little by itself
 * - `none`: no livepatch module is there, or the incident came before the load
 */
export type Attribution = 'strong' | 'medium' | 'weak' | 'none';

/** A task that an incident names. */
export interface IncidentTask {
  /** Process id as the kernel prints it (a thread id to user space). */
  readonly pid: number;
  /** Command name, at most 15 bytes in the kernel; user space chooses it, so it is untrusted text. */
  readonly comm: string;
}

/** A loaded module as the line `Modules linked in:` shows it. */
export interface ListedModule {
  readonly name: string;
  /** Taint letters of the module, such as `OK`; K marks a livepatch. */
  readonly taint: string;
  /** `loading` is printed as `+`, `unloading` as `-`. */
  readonly state: 'live' | 'loading' | 'unloading';
}

/** One fault of the kernel, with all lines that belong to it taken together. */
export interface Incident {
  readonly kind: IncidentKind;
  /** A title that is equal for equal faults: no addresses, no pids; in syzkaller's style, `WARNING in cmdline_proc_show`. */
  readonly title: string;
  /** Id of the rule that found it, see {@link LogRule}. */
  readonly rule: string;
  readonly attribution: Attribution;
  /** The livepatch module the attribution is to; `null` if there is none. */
  readonly module: string | null;
  /** Sequence number of the first record; `null` in text forms, which have none. */
  readonly seq: number | null;
  /** Sequence number of the last record seen to belong to it. */
  readonly lastSeq: number | null;
  /** Kernel time of the first record, microseconds since boot. */
  readonly timeUs: number | null;
  /** The first line's message, at most 512 characters. */
  readonly line: string;
  /** Instruction pointer first if known, then the reliable frames: `func+0x1a/0x40 [module]`. Bounded. */
  readonly trace: readonly string[];
  /** Tasks named by the incident. Bounded. */
  readonly tasks: readonly IncidentTask[];
  /** Taint letters of the kernel at that moment, blanks left out; `null` if not printed, `''` for `Not tainted`. */
  readonly taint: string | null;
  /** Further oopses, warnings and panics that were counted as consequences of this one. */
  readonly consequences: number;
  /**
   * True if the records came from /dev/kmsg with facility 0: user space cannot have written them.
   * False for every text form: whoever can write to the log can write such a line.
   */
  readonly trusted: boolean;
}
