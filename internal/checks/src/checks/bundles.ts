import type { Check, Finding } from '../check.ts';
import { type PackageRow, packageTable } from '../graph/package-table.ts';
import { bundle } from '../size/bundle.ts';
import { packageEntries } from '../size/entries.ts';

/** Every entry can be bundled; what runs anywhere as for a browser, which shows a dependency that needs Node. */
export function bundles(table: readonly PackageRow[] = packageTable): Check {
  return {
    name: 'graph: bundles',
    async run({ root }) {
      const entries = await packageEntries(root, table);
      if (entries.length === 0) return [{ where: 'packages/', message: 'no entry found' }];
      const findings = entries.map(async ({ specifier, path, runsOn }): Promise<Finding[]> => {
        const bundled = await bundle(root, path, runsOn);
        if (bundled.ok) return [];
        const where = `${specifier} for ${runsOn === 'any' ? 'a browser' : 'Node'}`;
        return bundled.errors.map((message) => ({ where, message }));
      });
      return (await Promise.all(findings)).flat();
    },
  };
}
