import { join } from 'node:path';
import type { Target } from '../workspace/manifest.ts';
import { publishedPackages } from '../workspace/packages.ts';

const sourceOf = (target: Target | undefined): string | undefined => {
  if (typeof target === 'string') return target.endsWith('.ts') ? target : undefined;
  if (target === null || target === undefined) return undefined;
  const [first] = Object.entries(target)
    .filter(([condition]) => condition !== 'node')
    .map(([, each]) => sourceOf(each))
    .filter((each) => each !== undefined);
  return first;
};

/** `paths` for a tsconfig: every entry of every published package to its source, so that an example may import any of them. */
export async function sourcePaths(root: string): Promise<Record<string, [string]>> {
  const packages = await publishedPackages(root);
  return Object.fromEntries(
    packages.flatMap(({ name, folder, manifest }) =>
      Object.entries(manifest.exports ?? {}).flatMap(([entry, target]): [string, [string]][] => {
        const source = sourceOf(target);
        return source === undefined ? [] : [[join(name, entry), [join(root, folder, source)]]];
      }),
    ),
  );
}
