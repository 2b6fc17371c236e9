/** A patch in /sys/kernel/livepatch. */
export interface PatchInfo {
  /** The module's name. */
  readonly name: string;
  readonly enabled: boolean;
  /** True while tasks are being moved; `null` before 4.12, where there is no transition. */
  readonly transition: boolean | null;
  /** 1 is the oldest; the largest wins. `null` before 6.14, which does not tell. */
  readonly stackOrder: number | null;
  /** Whether it replaces all others; `null` before 6.11, which does not tell. */
  readonly replace: boolean | null;
  /** What it patches: object (`vmlinux` or a module) and functions as `name,sympos`. */
  readonly objects: readonly PatchedObject[];
}

/** One object of a patch. */
export interface PatchedObject {
  readonly name: string;
  /** Whether it is patched now; `null` before 6.1, which does not tell. */
  readonly patched: boolean | null;
  /** As `name,sympos`. */
  readonly functions: readonly string[];
}

/** The running kernel. What cannot be told is `null`, never a guess. */
export interface KernelInfo {
  /** `uname -r`. */
  readonly release: string;
  /** The line of /proc/version. */
  readonly version: string;
  /** `uname -m`. */
  readonly arch: string;
  /** True where /sys/kernel/livepatch exists. */
  readonly livepatch: boolean;
  /** Random id of this boot. */
  readonly bootId: string;
  /** Which consistency model the release has. */
  readonly model: TransitionModel;
  readonly lockdown: 'none' | 'integrity' | 'confidentiality' | null;
  /** `module.sig_enforce`. */
  readonly sigEnforce: boolean | null;
  /** `kernel.modules_disabled`. */
  readonly modulesDisabled: boolean | null;
  /** `kernel.ftrace_enabled`; a livepatch cannot be loaded without. */
  readonly ftraceEnabled: boolean | null;
  /** UEFI Secure Boot; `null` without EFI. */
  readonly secureBoot: boolean | null;
  /** What modules may be compressed with: `xz`, `zstd`, `gzip`; `null` where the kernel takes none. */
  readonly moduleCompression: string | null;
  /** Modules that stay in `coming`: only a reboot clears them. */
  readonly stuckModules: readonly string[];
}

/**
 * How a kernel release moves tasks. `per-task`: 4.12 on, `transition` tells the end. `enabled-only`: 4.5 to 4.11,
 * functions are redirected at once. `none`: 4.4 and earlier.
 */
export type TransitionModel = 'per-task' | 'enabled-only' | 'none';

/** Cheap, unforgeable signs of health; compare before and after. */
export interface Counters {
  /** Bits of /proc/sys/kernel/tainted. */
  readonly tainted: number;
  /** /sys/kernel/oops_count; `null` where the kernel has none. */
  readonly oops: number | null;
  /** /sys/kernel/warn_count; `null` where the kernel has none. */
  readonly warn: number | null;
}
