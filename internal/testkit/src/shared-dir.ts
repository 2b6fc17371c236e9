import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Folder of the large test data that is not part of this repository (crash corpora, a real module's signature): `KLPKIT_SHARED`,
 * else `shared` beside the checkout. `undefined` where there is none: the test then skips and says so.
 */
export function sharedDir(): string | undefined {
  const folder = process.env['KLPKIT_SHARED'] ?? join(repository, '..', 'shared');
  return existsSync(folder) ? folder : undefined;
}

/** The `vectors` folder of this repository. */
export function vectorsDir(area: string): string {
  return join(repository, 'vectors', area);
}
