import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { QualifyError } from '../error.ts';

/** A key that modules are signed with. */
export interface ModuleKey {
  /** PEM. */
  readonly key: string;
  /** Its certificate, DER. */
  readonly certificate: Uint8Array;
}

/** Below this there is no room for an RSA certificate: the kernel's own is an elliptic one then, so it verifies such. */
const rsaRoomBytes = 1000;

/** As certs/default_x509.genkey of the kernel has it, without the identifier of an authority. */
const config = `[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = klpkit qualify
[extensions]
basicConstraints = critical,CA:FALSE
keyUsage = digitalSignature
subjectKeyIdentifier = hash
`;

/** Makes a key for one run, of a kind that the kernel has room for and verifies. `roomBytes`: of its own certificate. */
export async function makeModuleKey(roomBytes: number, signal?: AbortSignal): Promise<ModuleKey> {
  const folder = await mkdtemp(join(tmpdir(), 'klpkit-key-'));
  const [request, key, certificate] = ['request', 'key', 'certificate'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const kind =
    roomBytes >= rsaRoomBytes ? ['-newkey', 'rsa:2048'] : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'];
  try {
    await writeFile(request, config);
    const args = ['req', '-new', '-x509', '-nodes', '-sha256', '-days', '3650', '-batch', '-config', request, ...kind];
    const files = ['-keyout', key, '-outform', 'DER', '-out', certificate];
    await promisify(execFile)('openssl', [...args, ...files], { signal });
    return { key: await readFile(key, 'utf8'), certificate: new Uint8Array(await readFile(certificate)) };
  } catch (cause) {
    signal?.throwIfAborted();
    const message =
      'openssl did not make a key for this run: install it (apt-get install openssl), or give a key and its certificate.';
    throw new QualifyError('VM_FAILED', message, { cause });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
