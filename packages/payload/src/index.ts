/**
 * Verifies Linux kernel modules as the kernel does, and more strictly: SHA-256, appended PKCS#7 signature, trust, ELF and
 * `.modinfo`. Signing is `@klpkit/payload/sign`.
 *
 * @packageDocumentation
 */
export type { Certificate, PublicKeyKind } from './certificate.ts';
export { checkTarget, type Target, type TargetFit } from './check-target.ts';
export type { Compression } from './compression.ts';
export { isVerifyError, VerifyError, type VerifyErrorCode } from './error.ts';
export type { LivepatchSymbol, ModuleInfo, PatchedFunction, PatchedObject, SymbolVersion } from './module-info.ts';
export { inspectModule, type ModuleInspection } from './inspect-module.ts';
export { defaultMaxBytes } from './limits.ts';
export { type ModuleSignature, parseModuleSignature, type SignerSummary } from './module-signature.ts';
export { fileSource, type PayloadSource } from './payload-source.ts';
export {
  checkedChunks,
  digestPayload,
  type PayloadDigest,
  readPayload,
  type ReadPayloadOptions,
} from './read-payload.ts';
export { parseTrust, type Trust, type TrustInit } from './trust.ts';
export { isVerifiedModule, type VerifiedModule } from './verified-module.ts';
export { verifyModule, type VerifyModuleOptions } from './verify-module.ts';
