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
 * - `weak`: the module is only known to be loaded; that holds for each incident after a load, so it proves little by itself
 * - `none`: no livepatch module is there, or the incident came before the load
 */
export type Attribution = 'strong' | 'medium' | 'weak' | 'none';

/**
 * What an attribution rests on. The last three are all `weak`; among them the first two are worth a second look.
 *
 * - `instruction-pointer`, `stack-frame`: they name the module
 * - `loading`: the module was being loaded or unloaded
 * - `wild-jump`: the instruction pointer is where no symbol is, and a livepatch is loaded
 * - `loaded`: a livepatch is loaded, nothing more
 */
export type Evidence = 'instruction-pointer' | 'stack-frame' | 'loading' | 'wild-jump' | 'loaded';

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
  /** Equal for equal faults: no addresses, no pids. In syzkaller's style where that has one: `WARNING in cmdline_proc_show`. */
  readonly title: string;
  /** Id of the rule that found it, see {@link LogRule}. */
  readonly rule: string;
  readonly attribution: Attribution;
  /** What the attribution rests on; `null` where it is `none`. */
  readonly evidence: Evidence | null;
  /** The livepatch module the attribution is to; `null` where it is `none`. */
  readonly module: string | null;
  /** Sequence number of the first record; `null` in text forms, which have none. */
  readonly seq: number | null;
  /** Sequence number of the last record seen to belong to it. */
  readonly lastSeq: number | null;
  /** Kernel time of the first record, microseconds since boot; `null` where the form does not tell. */
  readonly timeUs: number | null;
  /** The message of the line that named it, at most 512 characters. */
  readonly line: string;
  /** The instruction pointer if known, then the reliable frames, `func+0x1a/0x40 [module]`; at most 64, the middle of a deeper stack left out. */
  readonly trace: readonly string[];
  /** Tasks named by the incident; at most 16. */
  readonly tasks: readonly IncidentTask[];
  /** Taint letters of the kernel at that moment; `''` for `Not tainted`, `null` where not printed. */
  readonly taint: string | null;
  /** The livepatch modules that the incident's own module list shows, and those that came or went. */
  readonly livepatches: readonly ListedModule[];
  /** Further oopses, stalls and panics that came out of this one and are counted here. */
  readonly consequences: number;
  /**
   * True if the records came from /dev/kmsg with facility 0: user space cannot have written them.
   * False for every text form: whoever can write to the log can write such a line.
   */
  readonly trusted: boolean;
}
