import { join } from 'node:path/posix';
import { type PackageRow, packageTable, type RunsOn } from '../graph/package-table.ts';
import type { Target } from '../workspace/manifest.ts';
import { publishedPackages } from '../workspace/packages.ts';

/** One entry of a published package, as a consumer names it. */
export interface Entry {
  /** `@klpkit/payload/sign` */
  readonly specifier: string;
  /** Its source, from the root of the repository. */
  readonly path: string;
  readonly runsOn: RunsOn;
}

const sourceOf = (target: Target): string | undefined => {
  if (typeof target !== 'object' || target === null || Array.isArray(target)) return undefined;
  const source = (target as { readonly [condition: string]: Target })['@klpkit/source'];
  return typeof source === 'string' ? source : undefined;
};

export async function packageEntries(root: string, table: readonly PackageRow[] = packageTable): Promise<Entry[]> {
  const packages = await publishedPackages(root);
  return packages.flatMap(({ name, folder, manifest }) => {
    const runsOn = table.find((row) => row.name === name)?.runsOn ?? 'Node';
    return Object.entries(manifest.exports ?? {}).flatMap(([entry, target]): Entry[] => {
      const source = sourceOf(target);
      return source === undefined ? [] : [{ specifier: join(name, entry), path: join(folder, source), runsOn }];
    });
  });
}
