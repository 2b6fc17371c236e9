import { createInserter } from './inserter.ts';
import {
  type Clock,
  type KernelOptions,
  type KernelRoot,
  liveRoot,
  type ModuleLoader,
  systemClock,
} from './options.ts';

/** Options with their defaults filled in. */
export interface Context {
  readonly root: KernelRoot;
  readonly loader: ModuleLoader;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

const defaultLoader = createInserter();

/** Fills in the defaults. */
export function contextOf(options: KernelOptions): Context {
  return {
    root: options.root ?? liveRoot,
    loader: options.loader ?? defaultLoader,
    clock: options.clock ?? systemClock,
    signal: options.signal,
  };
}
