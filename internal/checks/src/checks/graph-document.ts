import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check, Finding } from '../check.ts';
import { type PackageRow, packageTable } from '../graph/package-table.ts';

const where = 'docs/architecture.md';

const shortName = (name: string): string => name.replace('@klpkit/', '');

/** The two columns of the document that the data must match, as text. */
function expected(row: PackageRow): string {
  return `${row.runsOn} | ${row.mayImport.length === 0 ? '–' : row.mayImport.map(shortName).join(', ')}`;
}

function documented(text: string): Map<string, string> {
  const rows = [...text.matchAll(/^\| `((?:@klpkit\/)?[a-z-]+)` \| ([^|]+) \| [^|]+ \| ([^|]+) \|$/gm)];
  return new Map(rows.map((match) => [match[1] as string, `${match[2]} | ${match[3]}`]));
}

/** The package table that people read is the one that the checks use. */
export function graphDocument(table: readonly PackageRow[] = packageTable): Check {
  return {
    name: 'graph: docs/architecture.md',
    async run({ root }) {
      const rows = documented(await readFile(join(root, where), 'utf8'));
      const wrong = table.flatMap((row): Finding[] => {
        const found = rows.get(row.name);
        const want = expected(row);
        if (found === want) return [];
        const message =
          found === undefined
            ? `no row for ${row.name}`
            : `${row.name} is documented as "${found}", the data say "${want}"`;
        return [{ where, message, next: 'the data are in internal/checks/src/graph/package-table.ts' }];
      });
      const names = new Set(table.map((row) => row.name));
      const surplus = [...rows.keys()]
        .filter((name) => !names.has(name))
        .map((name) => ({ where, message: `${name} is not in the data` }));
      return [...wrong, ...surplus];
    },
  };
}
