import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackKernel } from './boot-image.ts';
import { exchangeBuiltinCertificate, findBuiltinCertificate } from './builtin-certificate.ts';
import { defaultCacheFolder } from './cache-folder.ts';
import { dependenciesOf, offeredKernels, unpackPackages } from './debian-archive.ts';
import { buildTools, ensureTools, unpackTools } from './host-tools.ts';
import type { BootableKernel, KernelSelector, PreparedKernel, SignModule } from './kernel.ts';
import { isKernelSelector, selectRelease } from './kernel-selector.ts';
import { VmError } from './vm-error.ts';

/** How `prepareKernel` prepares. */
export interface PrepareKernelOptions {
  /** Where kernels are kept: {@link defaultCacheFolder} unless told. About 250 MB a kernel. */
  readonly cacheFolder?: string;
  /** The time, epoch ms; package lists older than a day are renewed. Now unless told. */
  readonly now?: number;
  readonly signal?: AbortSignal;
}

/**
 * Gets a kernel ready: downloads Debian's packages of it (image, headers, build tools), unpacks them into the cache and
 * takes the ELF kernel out of the boot image. Nothing is installed, so no hook runs and root is needed only where a
 * program is missing (`TOOL_MISSING` says which). A kernel in the cache takes some milliseconds.
 *
 * Throws `VmError` with `KERNEL_NOT_FOUND`, `DOWNLOAD_FAILED`, `UNSUPPORTED_IMAGE`, `TOOL_MISSING` or `INSTALL_FAILED`.
 *
 * @example
 * ```ts
 * import { prepareKernel } from '@klpkit/vm';
 *
 * const kernel = await prepareKernel('newest-6.1-cloud', { signal: AbortSignal.timeout(300_000) });
 * console.log(kernel.release); // 6.1.0-56-cloud-amd64
 * ```
 */
export async function prepareKernel(
  selector: KernelSelector,
  options: PrepareKernelOptions = {},
): Promise<PreparedKernel> {
  const { signal } = options;
  signal?.throwIfAborted();
  if (!isKernelSelector(selector)) {
    throw new VmError(
      'KERNEL_NOT_FOUND',
      `${JSON.stringify(selector)} is no kernel release; give what uname -r prints, or newest-6.1-cloud`,
    );
  }
  const kernels = join(options.cacheFolder ?? defaultCacheFolder(), 'kernels');
  const kept = await keptKernel(join(kernels, selector), selector);
  if (kept !== undefined) return kept;
  await ensureTools(unpackTools, { signal });
  const release = selectRelease(selector, await offeredKernels(options.now ?? Date.now(), signal));
  if (release === undefined) {
    throw new VmError(
      'KERNEL_NOT_FOUND',
      `apt offers no kernel for ${selector}; apt-cache pkgnames linux-image- lists what there is`,
    );
  }
  const folder = join(kernels, release);
  return (await keptKernel(folder, release)) ?? (await unpack(folder, release, signal));
}

async function keptKernel(folder: string, release: string): Promise<PreparedKernel | undefined> {
  const there = await access(join(folder, 'vmlinux')).then(
    () => true,
    () => false,
  );
  return there ? await describe(folder, release) : undefined;
}

async function describe(folder: string, release: string): Promise<PreparedKernel> {
  const image = join(folder, 'vmlinux');
  return {
    release,
    arch: 'x86_64',
    image,
    modulesFolder: join(folder, 'tree', 'lib', 'modules', release),
    buildFolder: join(folder, 'tree', 'usr', 'src', `linux-headers-${release}`),
    builtinCertificate: findBuiltinCertificate(await readFile(image)).bytes,
    sign: undefined,
  };
}

/** Everything is made beside the final place and renamed at the end, so that the cache never holds half a kernel. */
async function unpack(folder: string, release: string, signal: AbortSignal | undefined): Promise<PreparedKernel> {
  await mkdir(join(folder, '..'), { recursive: true });
  const draft = await mkdtemp(`${folder}.draft-`);
  try {
    const tree = join(draft, 'tree');
    await mkdir(tree);
    const headers = `linux-headers-${release}`;
    const needed = (await dependenciesOf(headers, signal)).filter((name) =>
      /^linux-(headers-.*-common|kbuild-.*)$/.test(name),
    );
    await unpackPackages([`linux-image-${release}`, headers, ...needed], tree, signal);
    await relocateHeaders(join(tree, 'usr', 'src', headers, 'Makefile'));
    const image = await unpackKernel(await readFile(join(tree, 'boot', `vmlinuz-${release}`)), signal);
    await writeFile(join(draft, 'vmlinux'), image);
    await rename(draft, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // another process was first: its work is as good
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return describe(folder, release);
}

/** The headers name their common part by an absolute path; ours do not lie in /usr/src. */
async function relocateHeaders(makefile: string): Promise<void> {
  const text = await readFile(makefile, 'utf8');
  await writeFile(makefile, text.replaceAll('/usr/src/', '$(dir $(realpath $(lastword $(MAKEFILE_LIST))))../'));
}

/** How `trustCertificate` changes a kernel. */
export interface TrustCertificateOptions {
  /** DER, not longer than the one that the kernel has: RSA-4096 fits Debian's 6.1, P-384 fits 6.12. */
  readonly certificate: Uint8Array;
  /** Signs with the certificate's key: the kernel's own drivers must be signed anew. */
  readonly sign: SignModule;
  /** The file that the changed kernel is written to; about 60 MB. */
  readonly image: string;
  readonly signal?: AbortSignal;
}

/**
 * A kernel whose built-in module signing certificate is another one, so that `sig_enforce=1` can be tested for real with
 * a key of one's own. The kernel given is left as it is.
 *
 * Throws `VmError` with `CERTIFICATE_NOT_FOUND` or `CERTIFICATE_TOO_LARGE`.
 *
 * @example
 * ```ts
 * import { prepareKernel, trustCertificate, type SignModule } from '@klpkit/vm';
 *
 * export async function kernelThatTrusts(certificate: Uint8Array, sign: SignModule) {
 *   const kernel = await prepareKernel('newest-6.1-cloud');
 *   return await trustCertificate(kernel, { certificate, sign, image: '/var/tmp/vmlinux-mine' });
 * }
 * ```
 */
export async function trustCertificate<K extends BootableKernel>(
  kernel: K,
  options: TrustCertificateOptions,
): Promise<K & { readonly builtinCertificate: Uint8Array }> {
  const { certificate, sign, image, signal } = options;
  const changed = exchangeBuiltinCertificate(await readFile(kernel.image, { signal }), certificate);
  await writeFile(image, changed, { signal });
  return { ...kernel, image, builtinCertificate: Uint8Array.from(certificate), sign };
}

/** Installs what building a module takes, or says what is missing. */
export const ensureBuildTools = (signal: AbortSignal | undefined): Promise<void> => ensureTools(buildTools, { signal });
