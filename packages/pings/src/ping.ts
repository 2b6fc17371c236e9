/** What every ping carries. Nothing in it names the machine, and no field may be added that does. */
export interface PingBase {
  /** Idempotency key, a random UUIDv4: delivery is at least once, counting exactly once. */
  readonly id: string;
  /** Random UUIDv4 of one attempt: ties its pings together and is thrown away with it. */
  readonly attemptId: string;
  /** Key of the release that the attempt is about. */
  readonly release: string;
  /** The running kernel, as `uname -r` says it. */
  readonly kernel: string;
  /** As `uname -m` says it. */
  readonly arch: string;
  /** The tier the machine asks in. */
  readonly tier: string;
  /**
   * Vendor and family of the processor, lower case: `intel-6`, `amd-25`, `arm-d0b`. Coarse on purpose: a patch that fails on one family is found by it, a
   * machine is not.
   */
  readonly cpuFamily?: string;
  /** When it was written on the machine, epoch ms by its own clock. */
  readonly sentAt: number;
  /** Present on pings that are sent after a reboot or an agent's death, about what happened before it. */
  readonly late?: true;
}

/** What a check ended in when no attempt followed. */
export interface CheckPing extends Omit<PingBase, 'release'> {
  readonly kind: 'check';
  /** Key of the release that was offered; `null` where there was none. */
  readonly release: string | null;
  readonly outcome: 'nothing' | 'held' | 'blocked' | 'unsupported' | 'kernel-upgrade-required';
  /** Machine-readable reason, lower case with dashes: `not-in-phase`. */
  readonly reason?: string;
}

/** The payload is about to be inserted: opens the gate's window. */
export interface BeforePing extends PingBase {
  readonly kind: 'before';
}

/** The inserting system call has returned. */
export interface AfterPing extends PingBase {
  readonly kind: 'after';
  /** How long the call took, ms. */
  readonly durationMs: number;
}

/** The transition is still on. */
export interface TransitionPing extends PingBase {
  readonly kind: 'transition';
  /** Since it began, ms. */
  readonly elapsedMs: number;
  /** Tasks that are not yet in the target state. */
  readonly blockedTasks: number;
}

/** The machine is up and nothing that speaks against the patch was found. */
export interface HealthPing extends PingBase {
  readonly kind: 'health';
  /** Place in the schedule, see `defaultHealthDelaysMs`. */
  readonly index: 0 | 1 | 2 | 3;
  /** Since the kernel had applied the patch, ms. */
  readonly sinceAppliedMs: number;
  /** Only with index 0: from the insertion to the end of the transition, ms. */
  readonly waitedMs?: number;
  /** What is not healthy is an `error`. */
  readonly healthy: true;
}

/** An incident as the kernel's log told it. */
export interface PingIncident {
  readonly kind: 'fault' | 'warning' | 'hang' | 'panic' | 'external';
  readonly title: string;
  /** How surely the patch is to blame. */
  readonly attribution: 'strong' | 'medium' | 'weak' | 'none';
  /** Redacted lines of the kernel's log, see `redactKernelText`. */
  readonly trace?: readonly string[];
}

/** Where in the course an attempt failed. */
export type ErrorPhase =
  | 'download'
  | 'verify'
  | 'preflight'
  | 'journal'
  | 'insert'
  | 'transition'
  | 'health'
  | 're-apply'
  | 'reboot';

/** The attempt failed. */
export interface ErrorPing extends PingBase {
  readonly kind: 'error';
  readonly phase: ErrorPhase;
  /** An error's code, upper case with underscores: `KEY_REJECTED`. */
  readonly code: string;
  /** The kernel's answer by name: `ENOEXEC`. */
  readonly errno?: string;
  /** The one line of the kernel's log that says why, redacted. */
  readonly kernelLine?: string;
  readonly incidents?: readonly PingIncident[];
  /** Names (comm) of the tasks that kept the transition from ending; never their command lines. */
  readonly stalledTasks?: readonly string[];
}

/**
 * The machine, or it and its agent, went down in good order while the patch was unproven: nothing more will come of this attempt, and that
 * says nothing about the patch. Neither a success nor a failure.
 */
export interface LeftPing extends PingBase {
  readonly kind: 'left';
}

/** A machine that is not yet in the bucket begins a placebo attempt: the gate's control. */
export interface ControlBeforePing extends PingBase {
  readonly kind: 'control-before';
}

/** The placebo attempt's end, after the same time that a real one takes. */
export interface ControlAfterPing extends PingBase {
  readonly kind: 'control-after';
  /** Whether the same checks as after a real insertion found nothing. */
  readonly healthy: boolean;
}

/** Any ping; told apart by `kind`. */
export type Ping =
  | CheckPing
  | BeforePing
  | AfterPing
  | TransitionPing
  | HealthPing
  | ErrorPing
  | LeftPing
  | ControlBeforePing
  | ControlAfterPing;
