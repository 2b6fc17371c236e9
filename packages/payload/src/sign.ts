/**
 * Makes what the kernel's `sign-file` makes, byte for byte for RSA.
 *
 * @packageDocumentation
 */
export { type RemoteKey, type SignHash, signModule, type SignModuleOptions } from './sign-module.ts';
export { stripSignature } from './strip-signature.ts';
