import { setTimeout as delay } from 'node:timers/promises';

/** Where the kernel's files are. Absolute paths; tests and containers name other ones. */
export interface KernelRoot {
  /** Mount point of sysfs, usually `/sys`. */
  readonly sysfs: string;
  /** Mount point of procfs, usually `/proc`. */
  readonly procfs: string;
  /** The kernel log device, usually `/dev/kmsg`; a regular file of records in the same form is read too. */
  readonly kmsg: string;
}

/**
 * The files of the running kernel: what every function uses unless `root` says otherwise.
 *
 * @example
 * ```ts
 * import { liveRoot, readKernelInfo } from '@klpkit/kernel';
 *
 * // In a container that sees the host's procfs elsewhere:
 * const info = await readKernelInfo({ root: { ...liveRoot, procfs: '/host/proc' } });
 * ```
 */
export const liveRoot: KernelRoot = Object.freeze({ sysfs: '/sys', procfs: '/proc', kmsg: '/dev/kmsg' });

/** Time as an argument. Both members must tell the same time. */
export interface Clock {
  /** Milliseconds that never go back; any origin. */
  now(): number;
  /** Resolves after `ms` milliseconds, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * The machine's monotonic clock: the default.
 *
 * @example
 * ```ts
 * import { systemClock } from '@klpkit/kernel';
 *
 * const startedAtMs = systemClock.now();
 * await systemClock.sleep(50);
 * console.log(`slept for ${systemClock.now() - startedAtMs} ms`);
 * ```
 */
export const systemClock: Clock = Object.freeze({
  now: () => performance.now(),
  sleep: async (ms: number, signal?: AbortSignal) => {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted(); // the reason itself, not Node's AbortError around it
      throw error;
    }
  },
});

/**
 * The port to whatever changes the kernel. The default starts a process of its own for each call; see
 * {@link createInserter}. An implementation rejects with an object that carries `errno` (the positive number the kernel
 * gave, or its name) and never with text to match; with `died: true` when it saw the kernel kill the calling thread; a
 * call that hangs in the kernel stays pending.
 */
export interface ModuleLoader {
  /**
   * `init_module` or `finit_module`: resolves once the kernel says that the module is live. `signal` tells that nobody waits any longer: what
   * can be freed is freed, nothing is undone.
   */
  insert(bytes: Uint8Array, params: string, signal?: AbortSignal): Promise<void>;
  /** `delete_module` with O_NONBLOCK. */
  remove(name: string, signal?: AbortSignal): Promise<void>;
  /** Writes a sysfs attribute; absent, the file is written. */
  store?(path: string, value: string): Promise<void>;
}

/** What every function that touches the kernel takes. */
export interface KernelOptions {
  /** Default {@link liveRoot}. */
  readonly root?: KernelRoot;
  /** Default: a process of its own for each call, by koffi. */
  readonly loader?: ModuleLoader;
  /** Default {@link systemClock}. */
  readonly clock?: Clock;
  /** Checked before the kernel is touched. Once a change began the promise tells what the kernel did: abort undoes nothing. */
  readonly signal?: AbortSignal;
}
