import type { Incident } from '@klpkit/kernel-log';
import type { Trust, VerifiedModule } from '@klpkit/payload';
import type { Lab } from './lab.ts';

/** How a test module is signed. */
export type Signing =
  /** By the kernel's own sign-file with the key that the kernel trusts. */
  | 'trusted'
  /** By `@klpkit/payload/sign` with the same key. */
  | 'ours'
  /** By sign-file with a key that the kernel does not know. */
  | 'untrusted'
  /** As `trusted`, and then compressed in the one form that kernels with CONFIG_MODULE_COMPRESS_XZ read: xz with CRC32. */
  | 'xz'
  /** As `trusted`, and then compressed as xz does by itself, with CRC64. */
  | 'xz-crc64'
  /** By a key that the trusted one vouches for: RSA, where that is ECDSA. */
  | 'secondary'
  /** Not at all. */
  | 'unsigned';

/** Which boot a scenario shares with others. */
export type Boot =
  /** `module.sig_enforce=1`: what a machine should run with. */
  | 'enforcing'
  /** Any module is loaded, with a taint. */
  | 'open'
  /** As `enforcing`, for scenarios that leave the kernel marked by a fault. */
  | 'faults'
  /** `lockdown=integrity`. */
  | 'lockdown'
  /** `enforcing`, for a scenario that leaves the kernel unfit for any other. */
  | 'own';

/** Which kernels a scenario makes sense on. */
export type Series = '6.1' | '6.12';

/** What a scenario in the guest is given. */
export interface Guest {
  /** `uname -r`. */
  readonly release: string;
  readonly series: Series;
  /** The key that this kernel trusts. */
  readonly trust: Trust;
  /** A test module as a file's bytes. */
  module(name: string, signing?: Signing): Promise<Uint8Array>;
  /** The same through `verifyModule`; only what is signed by the trusted key passes. */
  verified(name: string, signing?: 'trusted' | 'ours' | 'xz' | 'xz-crc64'): Promise<VerifiedModule>;
  /** Something seen that is worth keeping; goes into results.md. */
  note(text: string): void;
  /** Undone in reverse order after the scenario, also when it failed. */
  defer(undo: () => Promise<void>): void;
  /** Fires when the scenario's time is over. */
  readonly signal: AbortSignal;
}

/** A scenario that runs inside a machine which it shares. It must leave no module behind. */
export interface GuestScenario {
  readonly where: 'guest';
  readonly boot: Boot;
  /** All unless told. */
  readonly series?: readonly Series[];
  /** 300,000 unless told. */
  readonly timeoutMs?: number;
  run(guest: Guest): Promise<void>;
}

/** A scenario that boots machines of its own, as it takes one down. */
export interface HostScenario {
  readonly where: 'host';
  readonly series?: readonly Series[];
  run(lab: Lab, note: (text: string) => void): Promise<void>;
}

/**
 * A scenario that ends in a panic. Those of one backend share a QEMU: each panics and reboots, and the boot after it looks
 * for it in pstore before the next one's turn comes.
 */
export interface PanicScenario {
  readonly where: 'panic';
  readonly series?: readonly Series[];
  /** Who keeps the panic's text over the reboot. */
  readonly pstore: Pstore;
  /** Settings under /proc/sys/kernel, made before the insertion. */
  readonly sysctl?: Readonly<Record<string, string>>;
  /** The livepatch at fault. If the insertion is survived, its trap is armed and stepped into. */
  readonly module: string;
  readonly params: string;
  /** What the scanner makes of the text that was kept. */
  readonly found: Pick<Incident, 'kind' | 'title' | 'attribution' | 'consequences'>;
}

/** Backends of pstore: RAM that a reset leaves alone, and the firmware's error storage (ACPI ERST). */
export type Pstore = 'ramoops' | 'erst';

/** One scenario, the default export of its file; the file's name is the expectation. */
export type Scenario = GuestScenario | HostScenario | PanicScenario;

/** What became of a scenario. */
export interface ScenarioResult {
  readonly name: string;
  readonly error: string | undefined;
  readonly durationMs: number;
  readonly notes: readonly string[];
}
