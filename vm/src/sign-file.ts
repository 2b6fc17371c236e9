import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PreparedKernel } from '@klpkit/vm';

/** A key with its certificate, as `makeAuthority` of the testkit gives. */
export interface SigningKey {
  readonly key: string;
  readonly certificateDer: Uint8Array;
}

/** Signs by the kernel's own program (scripts/sign-file), which knows nothing of ours. */
export async function signFile(
  kernel: PreparedKernel,
  module: Uint8Array,
  signer: SigningKey,
  hash: string,
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'klpkit-sign-'));
  try {
    const [file, key, certificate] = ['module', 'key.pem', 'certificate.der'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await Promise.all([
      writeFile(file, module),
      writeFile(key, signer.key, { mode: 0o600 }),
      writeFile(certificate, signer.certificateDer),
    ]);
    await promisify(execFile)(join(kernel.buildFolder, 'scripts', 'sign-file'), [hash, key, certificate, file]);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
