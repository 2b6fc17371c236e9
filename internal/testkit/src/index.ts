/**
 * What several packages' tests need: a certificate authority with real keys, small module files, folders.
 *
 * @packageDocumentation
 */
export {
  type AuthorityOptions,
  makeAuthority,
  type TestAlgorithm,
  type TestAuthority,
  testAuthority,
} from './authority.ts';
export {
  appendSignature,
  cmsMessage,
  type CmsMessageOptions,
  type SignatureBlock,
  signedModule,
  type TestHash,
  type TestSigner,
} from './cms-message.ts';
export { type DebianPackage, debianPackage } from './debian-package.ts';
export { derChildren, derInteger, derOid, tlv } from './der-writer.ts';
export { collect } from './collect.ts';
export type { ComplianceCase } from './compliance-case.ts';
export {
  concat,
  type ElfArch,
  type ElfRela,
  type ElfSection,
  type ElfSymbol,
  relaBytes,
  writeElf,
} from './elf-writer.ts';
export { type HostileOutcome, hostilePayloads } from './hostile-payloads.ts';
export { kernelCompliance, type KernelSubject, type StallingPatch } from './kernel-compliance.ts';
export { loaderCompliance, type LoaderSubject, type SubjectModule } from './loader-compliance.ts';
export { mutate } from './mutate.ts';
export { klpBuildModule, kpatchModule, patchModules, staticPatchModule } from './patch-modules.ts';
export { type Random, seededRandom } from './random.ts';
export { sharedDir, vectorsDir } from './shared-dir.ts';
export { signTestModule } from './sign-test-module.ts';
export { type TempFolder, tempFolder } from './temp-folder.ts';
export { tinyModule, type TinyModuleOptions } from './tiny-module.ts';
