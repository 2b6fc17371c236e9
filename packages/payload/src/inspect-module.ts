import { sha256 } from '#platform';
import type { Compression } from './compression.ts';
import { expand } from './expand.ts';
import { defaultMaxBytes } from './limits.ts';
import type { ModuleInfo } from './module-info.ts';
import { type ModuleSignature, parseModuleSignature } from './module-signature.ts';
import { ownBytes } from './own-bytes.ts';
import { readModuleInfo } from './read-module-info.ts';
import { blockBytes, markerBytes } from './signature-block.ts';

/** What {@link inspectModule} found. Nothing of it is checked against any key. */
export interface ModuleInspection extends ModuleInfo {
  /** SHA-256 of the file as it was handed over, lower-case hex. */
  readonly sha256: string;
  /** Length in bytes of the file as it was handed over. */
  readonly size: number;
  /** How the file was compressed. */
  readonly compression: Compression;
  /** The appended signature, or `null` for an unsigned module. */
  readonly signature: ModuleSignature | null;
}

/**
 * Reads what a module file says of itself, signed or not, compressed or not. For people and reports: a program that acts on a
 * module calls `verifyModule`.
 *
 * @throws VerifyError `TOO_LARGE`, `MALFORMED_COMPRESSION`, `MALFORMED_MODULE`, or what a broken signature is refused with
 *
 * @example
 * ```ts
 * import { inspectModule } from '@klpkit/payload';
 *
 * export async function describe(bytes: Uint8Array): Promise<string> {
 *   const { name, vermagic, signature } = await inspectModule(bytes);
 *   return `${name} for ${vermagic}, ${signature === null ? 'unsigned' : 'signed'}`;
 * }
 * ```
 */
export async function inspectModule(
  bytes: Uint8Array,
  options: { readonly maxBytes?: number; readonly signal?: AbortSignal } = {},
): Promise<ModuleInspection> {
  const { maxBytes = defaultMaxBytes, signal } = options;
  signal?.throwIfAborted();
  const file = ownBytes(bytes, 'copy', maxBytes);
  const { bytes: module, compression } = await expand(file, { maxBytes, signal });
  const signature = parseModuleSignature(module) ?? null;
  const signed = signature === null ? 0 : signature.messageBytes + blockBytes + markerBytes;
  const info = readModuleInfo(module.subarray(0, module.length - signed));
  return Object.freeze({ ...info, sha256: await sha256(file, signal), size: file.length, compression, signature });
}
