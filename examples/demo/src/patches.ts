import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeAuthority, type TestAuthority, tinyModule, vectorsDir } from '@klpkit-internal/testkit';
import { inspectModule } from '@klpkit/payload';
import { signModule } from '@klpkit/payload/sign';
import { type Release, releaseKey } from '@klpkit/release';

/** A signed livepatch with its release document. */
export interface DemoPatch {
  readonly release: Release;
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Name of the module in the kernel. */
  readonly module: string;
}

/** The two patches of the story and the certificate that clients and server trust. */
export interface DemoPatches {
  readonly certificate: string;
  readonly good: DemoPatch;
  readonly faulty: DemoPatch;
}

/**
 * A key that lives as long as this demo. RSA with SHA-256 is what every kernel with module signatures verifies, Debian's 6.1 too, which knows no
 * ECDSA.
 */
export function makeSigningKey(): TestAuthority {
  return makeAuthority({ algorithm: 'rsa-2048', name: 'klpkit demo, made for one run' });
}

/** Signs a module and writes its release document. */
export async function signPatch(
  module: Uint8Array,
  authority: TestAuthority,
  words: Pick<Release, 'name' | 'version' | 'fixes'>,
): Promise<DemoPatch> {
  const bytes = await signModule(module, { key: authority.key, certificate: authority.certificate, hash: 'sha256' });
  const { name, vermagic, arch } = await inspectModule(bytes);
  const release: Release = {
    ...words,
    reroll: 0,
    kernel: vermagic.split(' ', 1)[0] ?? '',
    arch,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    size: bytes.length,
    endOfLife: null,
    evidence: null,
  };
  return { release, key: releaseKey(release), bytes, module: name };
}

/** The real livepatch that is kept as a test vector, and one for the same kernel that the fleet's fake kernels take for faulty. */
export async function makePatches(): Promise<DemoPatches> {
  const authority = makeSigningKey();
  const ko = await readFile(join(vectorsDir('livepatch'), 'klpkit_demo.ko'));
  const good = await signPatch(ko, authority, { name: 'klpkit-demo', version: '1.0', fixes: [] });
  const module = tinyModule({ name: 'klpkit_demo_faulty', release: good.release.kernel });
  const faulty = await signPatch(module, authority, { name: 'klpkit-demo', version: '1.1', fixes: [] });
  return { certificate: authority.certificate, good, faulty };
}
