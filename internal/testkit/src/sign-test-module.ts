import { type SignModuleOptions, signModule } from '@klpkit/payload/sign';
import type { TestAuthority } from './authority.ts';

/** Signs a module with a test authority's key. */
export function signTestModule(
  bytes: Uint8Array,
  authority: TestAuthority,
  options: Omit<SignModuleOptions, 'key' | 'certificate'> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return signModule(bytes, { ...options, key: authority.key, certificate: authority.certificateDer });
}
