import { VerifyError } from './error.ts';
import type { Trust } from './trust.ts';
import type { VerifiedModule } from './verified-module.ts';

/** What {@link verifyModule} is told. */
export interface VerifyModuleOptions {
  /** Keys that may stand behind the module. */
  readonly trust: Trust;
  /** Expected SHA-256 of the file as shipped, 64 hex digits; `null` says on purpose that none is known. */
  readonly sha256: string | null;
  /** Limit on the file and, apart from that, on what it expands to. Default {@link defaultMaxBytes}. */
  readonly maxBytes?: number;
  /**
   * `copy` (the default) copies the bytes before they are checked. `take` takes them over without a copy where the runtime can:
   * the caller's array is empty afterwards.
   */
  readonly ownership?: 'copy' | 'take';
  /** Stops the work between two slices. */
  readonly signal?: AbortSignal;
}

/** Default limit on a module file: 256 MiB. */
export const defaultMaxBytes: number = 256 * 1024 * 1024;

/** Checks a module file as the kernel does, and more strictly. */
export function verifyModule(_bytes: Uint8Array, _options: VerifyModuleOptions): Promise<VerifiedModule> {
  return Promise.reject(new VerifyError('INVALID_OPTION', 'not written yet'));
}
