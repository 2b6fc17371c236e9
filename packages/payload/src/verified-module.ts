import type { Certificate } from './certificate.ts';
import type { Compression } from './compression.ts';
import type { ModuleInfo } from './module-info.ts';

/**
 * A module whose bytes were checked. Only `verifyModule` makes one; {@link isVerifiedModule} tells a true one from an object
 * that looks like it.
 */
export interface VerifiedModule extends ModuleInfo {
  /** SHA-256 of the file as it was handed over (compressed where it was), lower-case hex. */
  readonly sha256: string;
  /** Length in bytes of the file as it was handed over. */
  readonly size: number;
  /** The certificate whose key signed the module. */
  readonly signer: Certificate;
  /** The trusted certificate that stands behind the signer: the same one, unless the message brought a chain. */
  readonly anchor: Certificate;
  /** Signature and digest, such as `rsa-4096/sha512`, `ecdsa-p384/sha384`, `ml-dsa-65`. */
  readonly algorithm: string;
  /** How the file was compressed. */
  readonly compression: Compression;
  /**
   * The uncompressed signed module, as the kernel is given it: a fresh copy at each call, so that nobody can change what was
   * checked.
   */
  toBytes(): Uint8Array<ArrayBuffer>;
}

// Module-private: whoever cannot reach it cannot forge a proof, and a second copy of the package fails closed.
const proofs = new WeakSet<object>();

/** Puts the seal on a module; for `verifyModule` alone, and not exported by the package. */
export function seal(module: VerifiedModule): VerifiedModule {
  const sealed = Object.freeze(module);
  proofs.add(sealed);
  return sealed;
}

/**
 * Whether the value came out of this copy's `verifyModule`.
 *
 * @example
 * ```ts
 * import { isVerifiedModule } from '@klpkit/payload';
 *
 * console.assert(!isVerifiedModule({ name: 'livepatch_x', toBytes: () => new Uint8Array() }));
 * ```
 */
export function isVerifiedModule(value: unknown): value is VerifiedModule {
  return typeof value === 'object' && value !== null && proofs.has(value);
}
