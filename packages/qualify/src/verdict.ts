/** What a qualification ends in. `inconclusive` is no weak `pass`: a patch that is not known to be good is not released. */
export type Verdict = 'pass' | 'fail' | 'inconclusive';

/**
 * Why a verdict is not `pass`, or what to know although it is. `fails` reasons make the verdict `fail`, `doubts` make it `inconclusive`,
 * `notes` change nothing.
 */
export type ReasonWeight = 'fails' | 'doubts' | 'notes';

/**
 * The codes a reason can have.
 *
 * Of the load test: `WRONG_KERNEL` the module is for another kernel; `LOAD_REFUSED` the kernel did not take it; `NOT_REDIRECTED` a function of
 * the patch is not redirected; `TRANSITION_STALLED` a transition did not end in time; `UNLOAD_REFUSED` it cannot be unloaded, as with a leaked
 * reference; `KERNEL_INCIDENT` the kernel log shows trouble that the patch had or may have had a part in; `MACHINE_LOST` the machine went down
 * or stopped to answer; `WORKLOAD_FAILED` the work under which it was loaded went wrong; `WORKLOAD_SLOWER` it became slower;
 * `WORKLOAD_LEFT_OUT` some work went wrong without the patch already (a doubt where none is left);
 * `NOT_EXERCISED` no workload calls a patched function, so loading under work proves less; `STEP_NOT_RUN` a step was left out.
 *
 * Of the comparison: `TEST_REGRESSED`, `TEST_VANISHED`, `TEST_SLOWER`, `TEST_SKIPPED` one test each; `TEST_SUSPECT` one that is between good and
 * bad after all runs; `MORE_RUNS` not decided yet; `TOO_FEW_RUNS` all runs are used and prove too little; `NO_TESTS` nothing was compared.
 */
export type ReasonCode =
  | 'WRONG_KERNEL'
  | 'LOAD_REFUSED'
  | 'NOT_REDIRECTED'
  | 'TRANSITION_STALLED'
  | 'UNLOAD_REFUSED'
  | 'KERNEL_INCIDENT'
  | 'MACHINE_LOST'
  | 'WORKLOAD_FAILED'
  | 'WORKLOAD_SLOWER'
  | 'WORKLOAD_LEFT_OUT'
  | 'NOT_EXERCISED'
  | 'STEP_NOT_RUN'
  | 'TEST_REGRESSED'
  | 'TEST_VANISHED'
  | 'TEST_SLOWER'
  | 'TEST_SKIPPED'
  | 'TEST_SUSPECT'
  | 'MORE_RUNS'
  | 'TOO_FEW_RUNS'
  | 'NO_TESTS';

/** One reason, for a program and for a person. */
export interface Reason {
  readonly code: ReasonCode;
  readonly weight: ReasonWeight;
  /** What was seen, where, and what to do about it. May hold text that a test or the kernel printed: escape it. */
  readonly message: string;
}

/**
 * The verdict that a list of reasons comes to: the heaviest weight decides. An empty list is `pass`, so whoever calls it must have added a
 * reason where nothing was done.
 *
 * @example
 * ```ts
 * import { verdictOf } from '@klpkit/qualify';
 *
 * verdictOf([{ code: 'NO_TESTS', weight: 'doubts', message: 'No test was run.' }]); // 'inconclusive'
 * ```
 */
export function verdictOf(reasons: readonly Reason[]): Verdict {
  if (reasons.some(({ weight }) => weight === 'fails')) return 'fail';
  return reasons.some(({ weight }) => weight === 'doubts') ? 'inconclusive' : 'pass';
}
