/**
 * Which kernel: an exact release (`uname -r`, for example `6.1.0-56-cloud-amd64`), or the newest ABI that apt offers of a
 * series and flavour.
 */
export type KernelSelector = NewestKernel | (string & {});

/** The newest ABI that apt offers of one of Debian's series. */
export type NewestKernel = 'newest-6.1-cloud' | 'newest-6.12-cloud' | 'newest-6.1' | 'newest-6.12';

/** Signs one module: unsigned bytes in, the same bytes with the appended signature out. */
export type SignModule = (module: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** A kernel that can be booted. */
export interface BootableKernel {
  /** `uname -r`. */
  readonly release: string;
  /** `uname -m`. */
  readonly arch: 'x86_64';
  /** The uncompressed ELF kernel, which QEMU boots by its PVH entry. */
  readonly image: string;
  /** `…/lib/modules/RELEASE` as it is shipped: modules as they are, or compressed by xz, zstd or gzip. */
  readonly modulesFolder: string;
  /** The module signing certificate that is built into `image`, DER; undefined where it has none that is known here. */
  readonly builtinCertificate: Uint8Array | undefined;
  /**
   * Signs what the kernel itself brings (drivers), so that they load under `sig_enforce` although their own key is no
   * longer trusted; undefined where the kernel still has its own certificate.
   */
  readonly sign: SignModule | undefined;
}

/** A kernel that was downloaded and unpacked, ready to be booted and built for. */
export interface PreparedKernel extends BootableKernel {
  /** What `make -C` is given to build a module for this kernel. */
  readonly buildFolder: string;
  /** The certificate that is built into `image`: DER. */
  readonly builtinCertificate: Uint8Array;
}
