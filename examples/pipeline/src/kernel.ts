import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeAuthority, type TestAuthority } from '@klpkit-internal/testkit';
import { buildModules, type PreparedKernel, prepareKernel } from '@klpkit/vm';
import type { PipelineRun } from './steps.ts';

const livepatches = fileURLToPath(new URL('../../../vm/livepatches', import.meta.url));
/** The patch of this example; what it replaces prints {@link patchedText}. */
export const patchModule = 'klpkit_demo';
export const patchedText = 'KLPKIT-PATCHED: klpkit_demo 1.0 is applied';

/** What a team has before a CVE comes: a kernel that its machines run, and its keys. */
export interface Team {
  readonly kernel: PreparedKernel;
  /** Signs modules; `module.pem` and `module.crt`. */
  readonly authority: TestAuthority;
}

/** Gets the kernel and makes keys for this run: for modules, and for evidence (`evidence.pem`, `evidence.pub`). */
export async function prepareTeam({ folder, signal }: PipelineRun): Promise<Team> {
  const kernel = await prepareKernel('newest-6.1-cloud', { signal });
  const authority = makeAuthority({ algorithm: 'rsa-4096', name: 'klpkit pipeline' });
  const evidence = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const files = {
    'module.pem': authority.key,
    'module.crt': authority.certificate,
    'evidence.pem': evidence.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    'evidence.pub': evidence.publicKey.export({ type: 'spki', format: 'pem' }),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
  return { kernel, authority };
}

/** What the patch's author does. The kernel's own build does the same from a diff (kpatch-build, klp-build). */
export async function buildPatch({ kernel }: Team, { folder, signal }: PipelineRun): Promise<string> {
  const built = await buildModules(kernel, { sources: livepatches, only: [patchModule], into: folder, signal });
  return built.get(patchModule) ?? '';
}
