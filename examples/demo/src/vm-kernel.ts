import { join } from 'node:path';
import { vectorsDir } from '@klpkit-internal/testkit';
import { readFile } from 'node:fs/promises';
import { inspectModule } from '@klpkit/payload';
import { signModule } from '@klpkit/payload/sign';
import { buildModules, type PreparedKernel, prepareKernel, trustCertificate } from '@klpkit/vm';
import { fileURLToPath } from 'node:url';

const livepatches = fileURLToPath(new URL('../../../vm/livepatches', import.meta.url));
const patchName = 'klpkit_demo';

/** The kernel that the demo's machine runs: the newest 6.1 that apt offers, untouched. */
export const prepareDemoKernel = (signal: AbortSignal): Promise<PreparedKernel> =>
  prepareKernel('newest-6.1-cloud', { signal });

/** The demo's livepatch for a kernel: the kept one where it fits, else built anew from its C source. Unsigned. */
export async function buildDemoPatch(kernel: PreparedKernel, folder: string, signal: AbortSignal): Promise<Uint8Array> {
  const kept = await readFile(join(vectorsDir('livepatch'), `${patchName}.ko`));
  const { vermagic } = await inspectModule(kept);
  if (vermagic.split(' ', 1)[0] === kernel.release) return kept;
  const built = await buildModules(kernel, { sources: livepatches, only: [patchName], into: folder, signal });
  return readFile(built.get(patchName) ?? '');
}

/** A key with its certificate; RSA-4096, which is what a 6.1 kernel has room for and verifies. */
export interface DemoKey {
  /** PKCS#8 PEM. */
  readonly key: string;
  readonly certificateDer: Uint8Array;
}

/** A copy of the kernel that trusts the demo's key in place of Debian's. The image goes into `folder`. */
export function kernelThatTrusts(
  kernel: PreparedKernel,
  signer: DemoKey,
  folder: string,
  signal: AbortSignal,
): Promise<PreparedKernel> {
  const sign = (module: Uint8Array): Promise<Uint8Array> =>
    signModule(module, { key: signer.key, certificate: signer.certificateDer, hash: 'sha256' });
  return trustCertificate(kernel, { certificate: signer.certificateDer, sign, image: join(folder, 'vmlinux'), signal });
}
