import type { BootableKernel } from './kernel.ts';
import type { RootImage } from './root-image.ts';

/** How `bootVm` boots. */
export interface BootOptions {
  /** The root disk, mounted read-only. */
  readonly root: RootImage;
  /** More words for the kernel command line, for example `module.sig_enforce=1`. */
  readonly append?: string;
  /** Memory of the machine in MiB: 512 unless told. Node alone needs 192. */
  readonly memoryMiB?: number;
  /** Virtual CPUs: 2 unless told. */
  readonly cpus?: number;
  /**
   * `none` (default): no network card. `user`: QEMU's user-mode network; the guest is 10.0.2.15, and 10.0.2.2 reaches
   * **every** service on the host's loopback, so do not use it for code that is not trusted with those.
   */
  readonly network?: 'none' | 'user';
  /** Lines for the guest's `/etc/hosts`: name to address. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** A file with an ext4 file system that is mounted at `/state` and outlives the machine; made when it is missing. */
  readonly state?: string;
  /** In-tree modules that are inserted in early boot besides the disk and network drivers, in this order; `NAME param=value` passes parameters. */
  readonly drivers?: readonly string[];
  /** `exit` (default): a reboot of the guest ends the machine. `allow`: it reboots inside the same QEMU, so RAM and firmware storage survive. */
  readonly reboot?: 'exit' | 'allow';
  /**
   * `auto` (default): KVM where /dev/kvm may be opened and the kernel comes up under it, else TCG. `tcg` interprets and works
   * everywhere. `kvm` needs a usable /dev/kvm.
   */
  readonly accelerator?: 'auto' | 'tcg' | 'kvm';
  /** More arguments for QEMU, for example a device. */
  readonly qemuArguments?: readonly string[];
  /** Where a static busybox is kept if the system has none. */
  readonly cacheFolder?: string;
  /** How long the boot may take: 120,000 unless told. */
  readonly bootTimeoutMs?: number;
  /** How long the machine may live, boot included: 600,000 unless told. It is killed then. */
  readonly timeoutMs?: number;
  /** Sees each line of the console (kernel and boot messages, not what programs print). */
  readonly onConsoleLine?: (line: string) => void;
  /** Ends the machine whenever it fires, also after the boot. */
  readonly signal?: AbortSignal;
}

/** How a machine ended. */
export type VmExit =
  /** The guest powered off, or rebooted where a reboot ends the machine. */
  | { readonly kind: 'powered-off' }
  /** The kernel panicked; `message` is its own line. */
  | { readonly kind: 'panicked'; readonly message: string }
  /** The machine's time was over and it was killed. */
  | { readonly kind: 'timed-out'; readonly afterMs: number }
  /** It was killed by `kill`, by the end of its scope or by its signal. */
  | { readonly kind: 'killed' }
  /** QEMU itself failed; `message` is what it said. */
  | { readonly kind: 'failed'; readonly message: string };

/** How a program in the machine ended. */
export type ProgramExit =
  /** It ended by itself. A death by a signal is 128 + the signal's number, as in a shell. `lines`: its output, the last 16 MiB of it. */
  | { readonly kind: 'exited'; readonly exitCode: number; readonly lines: readonly string[] }
  /** The kernel panicked under it. */
  | { readonly kind: 'panicked'; readonly message: string; readonly lines: readonly string[] }
  /** The machine went down under it without a panic. */
  | { readonly kind: 'powered-off'; readonly lines: readonly string[] }
  /** Its time was over; the machine was killed, as nothing less ends a program that is stuck in the kernel. */
  | { readonly kind: 'timed-out'; readonly afterMs: number; readonly lines: readonly string[] };

/** How `Vm.run` runs a program. */
export interface RunOptions {
  /** Where it runs: `/` unless told. */
  readonly cwd?: string;
  /** Its environment, besides PATH, HOME, NO_COLOR and NODE_COMPILE_CACHE (in memory: the second start of a program from TypeScript is five times shorter). */
  readonly env?: Readonly<Record<string, string>>;
  /** How long it may run; without it the machine's own limit counts. */
  readonly timeoutMs?: number;
  /** Sees each line of its stdout and stderr as it comes. */
  readonly onLine?: (line: string) => void;
  /** Kills the machine when it fires. */
  readonly signal?: AbortSignal;
}

/** A machine that is up. */
export interface Vm {
  /** The kernel that it runs. */
  readonly kernel: BootableKernel;
  /** What runs its CPUs. */
  readonly accelerator: 'tcg' | 'kvm';
  /** The process id of QEMU. */
  readonly pid: number;
  /** The console from the first line on; ends with the machine. Each iteration starts from the oldest line kept. */
  readonly console: AsyncIterable<string>;
  /** Settles when the machine is gone; never rejects. */
  readonly exit: Promise<VmExit>;
  /**
   * Runs one program in the guest and waits for its end; one at a time (`BUSY`). stdin is empty.
   *
   * @example
   * ```ts
   * import type { Vm } from '@klpkit/vm';
   *
   * export async function release(vm: Vm): Promise<string | undefined> {
   *   const exit = await vm.run(['uname', '-r'], { timeoutMs: 10_000 });
   *   return exit.kind === 'exited' ? exit.lines[0] : undefined;
   * }
   * ```
   */
  run(command: readonly string[], options?: RunOptions): Promise<ProgramExit>;
  /** Waits until the guest is up again after a reboot (with `reboot: 'allow'`). */
  rebooted(options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<void>;
  /** Powers the guest off in order (file systems unmounted) and waits for the end. */
  powerOff(): Promise<VmExit>;
  /** Kills QEMU at once and waits for the end. Does nothing to a machine that is gone. */
  kill(): Promise<VmExit>;
  /** `kill`, so that `await using` cannot leave a machine behind. */
  [Symbol.asyncDispose](): Promise<void>;
}
