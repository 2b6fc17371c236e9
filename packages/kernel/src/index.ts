/**
 * The kernel interface of a livepatch client: insert and remove modules, watch transitions, read the kernel log, counters and
 * pstore. The functions use the running kernel unless `root`, `loader` and `clock` say otherwise.
 *
 * @packageDocumentation
 */
export { isKernelError, KernelError } from './error.ts';
export type { KernelErrorCode, KernelErrorDetails } from './error.ts';
export { createInserter } from './inserter.ts';
export type { InserterFailure, InserterOptions } from './inserter.ts';
export type { InsertMethod } from './inserter-protocol.ts';
export { insertModule } from './insert-module.ts';
export { createKoffiLoader } from './koffi-loader.ts';
export { liveRoot, systemClock } from './options.ts';
export type { Clock, KernelOptions, KernelRoot, ModuleLoader } from './options.ts';
export type {
  AbsentState,
  BlockedTask,
  MovingState,
  PatchedState,
  TransitionState,
  UnpatchedState,
} from './transition-state.ts';
export type { LogGap, ReadKernelLogOptions } from './log-options.ts';
export type { Counters, KernelInfo, PatchedObject, PatchInfo, TransitionModel } from './info-types.ts';
export { defaultInsertDeadlineMs } from './insert-options.ts';
export type { InsertOptions } from './insert-options.ts';
export { errnoError, errnoNumbers } from './errno.ts';
export type { ErrnoName } from './errno.ts';
export { forceAcceptance, forceTransition, reverseTransition, setPatchEnabled } from './patch-control.ts';
export type { ForceOptions } from './patch-control.ts';
export { lastLogSequence, readKernelLog } from './read-kernel-log.ts';
export { readTransition } from './read-transition.ts';
export { removeModule } from './remove-module.ts';
export { isAlarming, taintFlags, taintsOf } from './taint.ts';
export type { TaintFlag } from './taint.ts';
export { transitionModelOf } from './transition-model.ts';
export { settleMs, watchTransition } from './watch-transition.ts';
export type { WatchTransitionOptions } from './watch-transition.ts';
export { preflight } from './preflight.ts';
export type { Preflight, PreflightCode, PreflightModule, PreflightReason } from './preflight.ts';
export { compareCounters, readCounters } from './read-counters.ts';
export type { CounterChange } from './read-counters.ts';
export { bootId, readKernelInfo } from './read-kernel-info.ts';
export { readPatches } from './read-patches.ts';
export { readPstore, removePstoreRecord } from './read-pstore.ts';
export type { PstoreRecord } from './read-pstore.ts';
export { readForgeableLog } from './forgeable-log.ts';
export type { ForgeableLine, ForgeableLogOptions } from './forgeable-log.ts';
