import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { signModule } from '@klpkit/payload/sign';
import { type BootableKernel, isVmError, trustCertificate } from '@klpkit/vm';
import type { Reason } from '../verdict.ts';
import { makeModuleKey, type ModuleKey } from './module-key.ts';

/** The key that patches are signed with, or only the certificate behind those that are. */
export interface Signer {
  /** PEM; without it only signed patches can be loaded. */
  readonly key?: string;
  /** PEM or DER. */
  readonly certificate: string | Uint8Array;
}

/** A kernel and who signs for it. */
export interface TrustedKernel {
  readonly kernel: BootableKernel;
  /** Certificate behind the patches' signatures, DER. */
  readonly certificate: Uint8Array;
  /** Signs what is not signed; undefined where there is only a certificate. */
  readonly sign: ((module: Uint8Array) => Promise<Uint8Array>) | undefined;
  /** Whether the key is the caller's: what it signed is what will be shipped. */
  readonly isCallersKey: boolean;
  /** Whether the kernel refuses what the key did not sign, as machines in the field should. */
  readonly isEnforcing: boolean;
  readonly notes: readonly Reason[];
}

/**
 * Makes the kernel trust the caller's certificate, or one that is made for this run, in place of its own, so that signatures are
 * enforced for real. Where it has no room for it the kernel stays as it is and enforces nothing.
 */
export async function trustFor(
  stock: BootableKernel,
  options: { readonly signer?: Signer | undefined; readonly folder: string; readonly signal?: AbortSignal | undefined },
): Promise<TrustedKernel> {
  const { signer, folder, signal } = options;
  const made =
    signer === undefined ? await makeModuleKey(stock.builtinCertificate?.length ?? Infinity, signal) : undefined;
  const { key, certificate } = keyOf(signer, made);
  const sign =
    key === undefined ? undefined : (module: Uint8Array) => signModule(module, { key, certificate, hash: 'sha256' });
  const isCallersKey = signer !== undefined;
  try {
    const image = join(folder, 'vmlinux-trusted');
    const kernel = await trustCertificate(stock, {
      certificate,
      sign: sign ?? ((module) => module),
      image,
      ...(signal && { signal }),
    });
    return { kernel, certificate, sign, isCallersKey, isEnforcing: sign !== undefined, notes: [] };
  } catch (error) {
    if (!isVmError(error, 'CERTIFICATE_NOT_FOUND') && !isVmError(error, 'CERTIFICATE_TOO_LARGE')) throw error;
    const message = `The kernel was not made to trust the certificate, so it enforced no signature: ${error.message}`;
    return {
      kernel: stock,
      certificate,
      sign,
      isCallersKey,
      isEnforcing: false,
      notes: [{ code: 'STEP_NOT_RUN', weight: 'notes', message }],
    };
  }
}

function keyOf(
  signer: Signer | undefined,
  made: ModuleKey | undefined,
): { key: string | undefined; certificate: Uint8Array } {
  if (signer === undefined) return { key: made?.key, certificate: made?.certificate ?? new Uint8Array() };
  return { key: signer.key, certificate: new Uint8Array(new X509Certificate(Buffer.from(signer.certificate)).raw) };
}
