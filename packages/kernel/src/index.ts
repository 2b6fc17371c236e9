/**
 * The kernel interface of a livepatch client.
 *
 * @packageDocumentation
 */
export { isKernelError, KernelError } from './error.ts';
export type { KernelErrorCode, KernelErrorDetails } from './error.ts';
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
export { errnoError } from './errno.ts';
export type { ErrnoName } from './errno.ts';
