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
  concat,
  type ElfArch,
  type ElfRela,
  type ElfSection,
  type ElfSymbol,
  relaBytes,
  writeElf,
} from './elf-writer.ts';
export { sharedDir, vectorsDir } from './shared-dir.ts';
export { signTestModule } from './sign-test-module.ts';
export { type TempFolder, tempFolder } from './temp-folder.ts';
export { tinyModule, type TinyModuleOptions } from './tiny-module.ts';
