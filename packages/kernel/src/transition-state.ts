/** A thread that keeps a transition from ending. */
export interface BlockedTask {
  /** Process id (thread group). */
  readonly pid: number;
  /** Thread id. */
  readonly tid: number;
  /** The thread's name as the kernel has it, at most 15 bytes; chosen by the program, so not to be trusted. */
  readonly comm: string;
  /** Kernel functions it sits in, innermost first; `null` where /proc/PID/task/TID/stack is not readable. */
  readonly stack: readonly string[] | null;
}

/** The patch has no directory in sysfs and its module is not loaded. Never to be read as "done". */
export interface AbsentState {
  readonly kind: 'absent';
}

/** Tasks are being moved: to the patched functions (`patching`) or back (`unpatching`). */
export interface MovingState {
  readonly kind: 'patching' | 'unpatching';
  /** Milliseconds since the watch saw this direction begin (or since `startedAtMs`). */
  readonly elapsedMs: number;
  /**
   * Whether all threads were looked at: false in the first moments, and where some /proc/PID/patch_state may not be read (without
   * CAP_DAC_READ_SEARCH that of other users). What is listed is true all the same; what is missing says something only where this is true.
   */
  readonly examined: boolean;
  /** How many threads were not moved at the last look. */
  readonly blockedCount: number;
  /** At most 64 of them by name. */
  readonly blockedTasks: readonly BlockedTask[];
}

/** Every task runs the patched functions. The last state of a watch. */
export interface PatchedState {
  readonly kind: 'patched';
  /**
   * What it is known by. `transition`: the kernel's own flag (4.12 on). `enabled`: 4.5 to 4.11, where functions are
   * redirected at once. `settled`: 4.4 and earlier, ten seconds after the load; read the kernel log now.
   */
  readonly evidence: 'transition' | 'enabled' | 'settled';
}

/** No task runs the patched functions, and the module is still loaded: disabled, replaced or reversed. The last state of a watch. */
export interface UnpatchedState {
  readonly kind: 'unpatched';
}

/** Where a livepatch stands. */
export type TransitionState = AbsentState | MovingState | PatchedState | UnpatchedState;
