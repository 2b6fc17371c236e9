/**
 * Boots a Linux kernel in QEMU and runs programs in it: Debian's own kernels, a root disk with busybox and Node, a
 * machine that cannot be left behind.
 *
 * @packageDocumentation
 */
export { bootVm } from './boot-vm.ts';
export { type BuildModulesOptions, buildModules } from './build-modules.ts';
export { defaultCacheFolder } from './cache-folder.ts';
export { describeExit } from './describe-exit.ts';
export { ensureTools, type HostTool } from './host-tools.ts';
export { type ImportKernelOptions, importKernel } from './import-kernel.ts';
export type { BootableKernel, KernelSelector, NewestKernel, PreparedKernel, SignModule } from './kernel.ts';
export { type ModuleFile, type ModuleFiles, openModules } from './module-file.ts';
export { type PackageClosureOptions, packageClosure } from './package-closure.ts';
export {
  type PrepareKernelOptions,
  prepareKernel,
  type TrustCertificateOptions,
  trustCertificate,
} from './prepare-kernel.ts';
export type { RootEntry } from './root-entry.ts';
export { type BuildRootOptions, buildRoot, type RootImage } from './root-image.ts';
export type { BootOptions, ProgramExit, RunOptions, Vm, VmExit } from './vm.ts';
export { isVmError, VmError, type VmErrorCode } from './vm-error.ts';
