/** A module file in the machine. */
export interface PlannedModule {
  /** Where it lies there. */
  readonly path: string;
  /** What the kernel will call it. */
  readonly module: string;
}

/** What the program in the machine is told to do; a file there. */
export interface LoadPlan {
  readonly patch: PlannedModule;
  readonly previous: PlannedModule | null;
  readonly next: PlannedModule | null;
  /** The certificate behind all signatures, in the machine. */
  readonly certificate: string;
  /** How long a transition may take. */
  readonly transitionMs: number;
  /** How long the work is measured each time. */
  readonly workMs: number;
  /** By how many times a round may be slower under the patch. */
  readonly slowFactor: number;
  /** How often it is loaded and unloaded while the machine works. */
  readonly cyclesUnderWork: number;
}

/** As the only argument of a program of the machine: to do nothing, but be compiled. */
export const warmUp = 'warm-up';

/** Where the plan lies in the machine. */
export const planPath = '/qualify/plan.json';
