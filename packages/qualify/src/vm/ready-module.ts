import { inspectModule, parseTrust, verifyModule } from '@klpkit/payload';
import { stripSignature } from '@klpkit/payload/sign';
import { QualifyError } from '../error.ts';
import type { TrustedKernel } from './trusted-kernel.ts';

/** A patch in a form that the machine's kernel takes. */
export interface ReadyModule {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** `uname -r` of the kernel that it was built for, and its machine. */
  readonly release: string;
  readonly arch: string;
  /** Modules besides the kernel itself of which it replaces functions. */
  readonly targets: readonly string[];
  /** Signed here, by the caller's key. */
  readonly isSignedHere: boolean;
}

/**
 * Signs a patch that is not signed. One that is must be signed by the caller's certificate; without one its signature says nothing
 * here, and it is signed by the key of this run.
 *
 * @throws VerifyError as `verifyModule`; QualifyError `LOAD_TEST_FAILED` where there is no key to sign with
 */
export async function readyModule(file: Uint8Array, trusted: TrustedKernel): Promise<ReadyModule> {
  const { name, vermagic, arch, signature, objects } = await inspectModule(file);
  const words = {
    name,
    arch,
    release: vermagic.split(' ', 1)[0] ?? '',
    targets: objects === 'unknown' ? [] : objects.flatMap((object) => (object.name === 'vmlinux' ? [] : [object.name])),
  };
  if (signature !== null && trusted.isCallersKey) {
    await verifyModule(file, { trust: await parseTrust({ certificates: [trusted.certificate] }), sha256: null });
    return { ...words, bytes: file, isSignedHere: false };
  }
  if (trusted.sign === undefined)
    throw new QualifyError(
      'LOAD_TEST_FAILED',
      `${name} is not signed: give the key to the certificate, or sign it first.`,
    );
  const bare = signature === null ? file : stripSignature(file);
  return { ...words, bytes: await trusted.sign(bare), isSignedHere: trusted.isCallersKey };
}
