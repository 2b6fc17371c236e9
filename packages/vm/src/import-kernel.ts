import { readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { unpackKernel } from './boot-image.ts';
import { findBuiltinCertificate } from './builtin-certificate.ts';
import { runCommand } from './command.ts';
import { ensureTools, unpackTools } from './host-tools.ts';
import type { BootableKernel } from './kernel.ts';
import { findKernelImage, findModulesFolder, releaseOfImage } from './kernel-layout.ts';
import { prepareKernel } from './prepare-kernel.ts';
import { isVmError, VmError } from './vm-error.ts';

/** How `importKernel` imports. */
export interface ImportKernelOptions {
  /** An empty folder for what is unpacked, some 100 MB; the caller removes it when no machine is booted any more. */
  readonly into: string;
  /** Where kernels from apt are kept; see `prepareKernel`. */
  readonly cacheFolder?: string;
  readonly signal?: AbortSignal;
}

/**
 * Gets a kernel of one's own ready to boot. `source` is a folder (`vmlinuz` and modules, as a package lays them out, or side by
 * side), a tarball of one, a Debian package file, or the name of a Debian package or a release that apt offers.
 *
 * Throws `VmError` with `KERNEL_NOT_FOUND` (what was missing or ambiguous in the message), `UNSUPPORTED_IMAGE`,
 * `DOWNLOAD_FAILED`, `TOOL_MISSING` or `INSTALL_FAILED`.
 *
 * @example
 * ```ts
 * import { importKernel } from '@klpkit/vm';
 *
 * const kernel = await importKernel('linux-image-6.1.0-56-cloud-amd64_6.1.192-2_amd64.deb', { into: '/var/tmp/kernel' });
 * console.log(kernel.release); // 6.1.0-56-cloud-amd64
 * ```
 */
export async function importKernel(source: string, options: ImportKernelOptions): Promise<BootableKernel> {
  const { into, cacheFolder, signal } = options;
  signal?.throwIfAborted();
  const entry = await stat(source).catch(() => undefined);
  if (entry === undefined) {
    if (/[/]|\.(deb|tar|tgz|txz)\b/.test(source)) throw notFound(source, 'there is no such file or folder');
    const release = source.replace(/^linux-image-/, '');
    return prepareKernel(release, { ...(cacheFolder && { cacheFolder }), ...(signal && { signal }) });
  }
  await ensureTools(unpackTools, { signal });
  const tree = entry.isDirectory() ? resolve(source) : await unpack(resolve(source), into, signal);
  return describe(tree, into, signal);
}

async function unpack(file: string, into: string, signal: AbortSignal | undefined): Promise<string> {
  const tree = join(into, 'tree');
  const nextStep = `${file} is no Debian package or tarball that can be unpacked; name one, or a folder`;
  const step = { code: 'KERNEL_NOT_FOUND', nextStep, signal } as const;
  if (file.endsWith('.deb')) await runCommand('dpkg-deb', ['-x', file, tree], step);
  else await runCommand('tar', ['--extract', '--no-same-owner', `--one-top-level=${tree}`, `--file=${file}`], step);
  return tree;
}

async function describe(tree: string, into: string, signal: AbortSignal | undefined): Promise<BootableKernel> {
  const found = await findKernelImage(tree);
  if (typeof found === 'string') throw notFound(tree, found);
  const bytes = await readFile(found.path, { signal });
  const release = releaseOfImage(bytes);
  if (release === undefined) throw notFound(found.path, 'the image does not say which release it is');
  const modulesFolder = await findModulesFolder(tree, release);
  if (modulesFolder === undefined) throw notFound(tree, `there is no lib/modules/${release} for its kernel`);
  const unpacked = await unpackKernel(bytes, signal);
  const image = join(into, 'vmlinux');
  await writeFile(image, unpacked, { signal });
  return {
    release,
    arch: 'x86_64',
    image,
    modulesFolder,
    builtinCertificate: certificateOf(unpacked),
    sign: undefined,
  };
}

function certificateOf(image: Uint8Array): Uint8Array | undefined {
  try {
    return findBuiltinCertificate(image).bytes;
  } catch (error) {
    if (isVmError(error, 'CERTIFICATE_NOT_FOUND')) return undefined; // a kernel that signs no modules boots as well
    throw error;
  }
}

function notFound(where: string, what: string): VmError {
  return new VmError(
    'KERNEL_NOT_FOUND',
    `${where}: ${what}; name a folder with vmlinuz and lib/modules/RELEASE, a tarball of one, a Debian package file, or a package that apt offers`,
  );
}
