/**
 * Builds vectors/livepatch/klpkit_demo.ko anew, from vm/livepatches/klpkit_demo.c.
 *
 * node --conditions=@klpkit/source vm/src/rebuild-vectors.ts [RELEASE]
 *
 * RELEASE is what `uname -r` says; without it, the newest 6.1 cloud kernel that apt offers. The same source and release
 * give the same bytes.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { buildModules, prepareKernel } from '@klpkit/vm';
import { livepatchesFolder, vectorsFolder } from './folders.ts';

const kernel = await prepareKernel(process.argv[2] ?? 'newest-6.1-cloud');
const built = await buildModules(kernel, { sources: livepatchesFolder, only: ['klpkit_demo'], into: vectorsFolder });
for (const path of built.values()) {
  const digest = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  console.log(`${digest}  ${path}  (for ${kernel.release})`);
}
