import { sha256 } from '#platform';
import { parseSignedData } from './cms.ts';
import { VerifyError } from './error.ts';
import { checkDigest, checkExpectedDigest } from './expected-digest.ts';
import { expand } from './expand.ts';
import { defaultMaxBytes } from './limits.ts';
import { ownBytes } from './own-bytes.ts';
import { readModuleInfo } from './read-module-info.ts';
import { splitSigned } from './signature-block.ts';
import { storeOf, type Trust } from './trust.ts';
import { seal, type VerifiedModule } from './verified-module.ts';
import { verifySigners } from './verify-signers.ts';

/** What {@link verifyModule} is told. */
export interface VerifyModuleOptions {
  /** Keys that may stand behind the module. */
  readonly trust: Trust;
  /** Expected SHA-256 of the file as shipped, 64 lower-case hex digits; `null` says on purpose that none is known. */
  readonly sha256: string | null;
  /** Limit on the file and, apart from that, on what it expands to, in bytes. Default {@link defaultMaxBytes}. */
  readonly maxBytes?: number;
  /**
   * `copy` (the default) copies the bytes before they are checked. `take` takes them over without a copy: the caller's array is
   * empty afterwards. Where an array is only a part of its buffer, or of a shared one, it is copied all the same.
   */
  readonly ownership?: 'copy' | 'take';
  /** Stops the work between two slices. */
  readonly signal?: AbortSignal;
}

/**
 * Checks a module file as the kernel does, and more strictly: whatever it accepts, a kernel with the same keys accepts. In this
 * order: size, digest, compression, signature block, PKCS#7 message, signers and their chains, revocation, ELF and `.modinfo`.
 *
 * Whether it is a livepatch is told, not asked for (`livepatch`), as is what kernel it fits (`checkTarget`).
 *
 * @throws VerifyError with the code of the check that failed; the signal's reason when aborted
 *
 * @example
 * ```ts
 * import { parseTrust, type VerifiedModule, verifyModule } from '@klpkit/payload';
 *
 * export async function check(bytes: Uint8Array, sha256: string, pem: string): Promise<VerifiedModule> {
 *   const trust = await parseTrust({ certificates: [pem] });
 *   return await verifyModule(bytes, { trust, sha256, signal: AbortSignal.timeout(30_000) });
 * }
 * ```
 */
export async function verifyModule(bytes: Uint8Array, options: VerifyModuleOptions): Promise<VerifiedModule> {
  const { signal, maxBytes = defaultMaxBytes, ownership = 'copy' } = options;
  signal?.throwIfAborted();
  const store = storeOf(options.trust);
  checkExpectedDigest(options.sha256);
  const file = ownBytes(bytes, ownership, maxBytes);
  const digest = await sha256(file, signal);
  checkDigest(digest, options.sha256);
  const { bytes: module, compression } = await expand(file, { maxBytes, signal });
  const { payload, message } = splitSigned(module);
  const { signer, anchor, algorithm } = await verifySigners(parseSignedData(message), { payload, store, signal });
  if (store.binHashes.size > 0) {
    // The kernel looks up the module as it is given it; a list made from shipped files means the file.
    const inner = compression === 'none' ? digest : await sha256(module, signal);
    if (store.binHashes.has(digest) || store.binHashes.has(inner)) {
      throw new VerifyError('REVOKED', `the file ${digest} is on the blacklist`);
    }
  }
  const info = readModuleInfo(payload);
  return seal({
    ...info,
    sha256: digest,
    size: file.length,
    signer: signer.info,
    anchor: anchor.info,
    algorithm,
    compression,
    toBytes: () => new Uint8Array(module),
  });
}
