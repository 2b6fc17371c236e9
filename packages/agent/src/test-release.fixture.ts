import { createHash } from 'node:crypto';
import { signTestModule, testAuthority, tinyModule, type TinyModuleOptions } from '@klpkit-internal/testkit';
import type { Release } from '@klpkit/release';

/** The kernel that the tests' machines run. */
export const testKernel = { release: '6.1.0-56-amd64', arch: 'x86_64' } as const;

/** A release with its payload. */
export interface TestRelease {
  readonly release: Release;
  readonly bytes: Uint8Array;
}

/** The release document that fits these bytes. */
export function releaseOf(bytes: Uint8Array, change: Partial<Release> = {}): Release {
  return {
    name: 'cve-2026-0001',
    version: '1',
    reroll: 0,
    kernel: testKernel.release,
    arch: testKernel.arch,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    size: bytes.length,
    fixes: ['CVE-2026-0001'],
    endOfLife: null,
    evidence: null,
    ...change,
  };
}

/** A signed livepatch and its release document. */
export async function makeRelease(change: Partial<Release> = {}, module: TinyModuleOptions = {}): Promise<TestRelease> {
  const named = {
    name: `klp_${(change.name ?? 'cve-2026-0001').replaceAll(/[^a-z0-9]/g, '_')}_${change.version ?? '1'}`,
  };
  const bytes = await signTestModule(tinyModule({ ...named, ...module }), testAuthority());
  return { bytes, release: releaseOf(bytes, change) };
}
