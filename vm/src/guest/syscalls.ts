import { createRequire } from 'node:module';

/** What is used of koffi, which is a dependency of `@klpkit/kernel` and not of this folder. */
interface Koffi {
  load(library: null): { func(declaration: string): (...values: unknown[]) => number };
  errno(): number;
  readonly os: { readonly errno: Readonly<Record<string, number>> };
}

/** A system call of x86_64 that no package of ours makes: its number, and what it takes after it in C. */
function systemCall(number: number, parameters: string): (...values: unknown[]) => void {
  const koffi = createRequire('/app/packages/kernel/src/index.ts')('koffi') as Koffi;
  const call = koffi.load(null).func(`long syscall(long number, ${parameters})`);
  return (...values) => {
    if (call(number, ...values) !== -1) return;
    const errno = koffi.errno();
    const code = Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
    throw Object.assign(new Error(`system call ${number}: ${code}`), { code });
  };
}

/** finit_module(2) of a file that the kernel itself decompresses (MODULE_INIT_COMPRESSED_FILE). */
export function insertCompressed(fd: number): void {
  systemCall(313, 'int fd, const char *parameters, int flags')(fd, '', 4);
}

/** add_key(2) of a certificate to a keyring. */
export function addCertificate(certificate: Uint8Array, keyring: number): void {
  const parameters = 'const char *type, const char *description, const uint8_t *payload, size_t length, int keyring';
  systemCall(248, parameters)('asymmetric', '', certificate, certificate.length, keyring);
}
