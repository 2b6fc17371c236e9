import type { Check, Finding } from '../check.ts';
import { type PackageRow, packageTable } from '../graph/package-table.ts';
import { type ParsedSource, parseSource, positionIn } from '../workspace/parse-source.ts';
import { publishedPackages } from '../workspace/packages.ts';
import { sourceFiles } from '../workspace/source-files.ts';
import { classify } from '../workspace/specifier.ts';

const next = 'see the package table in docs/architecture.md: move the code, or take the value as an argument';

function judge(source: ParsedSource, row: PackageRow, workspace: ReadonlySet<string>): Finding[] {
  return source.imports.flatMap(({ specifier, start }) => {
    const found = classify(specifier);
    if (found.kind !== 'package' || found.name === row.name) return [];
    const ours = workspace.has(found.name) || /^@klpkit(?:-internal|-examples)?\//.test(found.name);
    if (!ours || row.mayImport.includes(found.name)) return [];
    return [{ where: positionIn(source, start), message: `${row.name} may not import ${found.name}`, next }];
  });
}

/** The code of each published package imports only what the table lets it import. Tests are free within their package.json. */
export function graphImports(table: readonly PackageRow[] = packageTable): Check {
  return {
    name: 'graph: imports',
    async run({ root }) {
      const packages = await publishedPackages(root);
      if (packages.length === 0) return [{ where: 'packages/', message: 'no package found' }];
      const names = new Set(packages.map((each) => each.name));
      const perPackage = packages.map(async ({ folder, name }): Promise<Finding[]> => {
        const row = table.find((each) => each.name === name);
        if (row === undefined) return [{ where: folder, message: `${name} has no row in the package table`, next }];
        const { code } = await sourceFiles(root, folder);
        if (code.length === 0) return [{ where: folder, message: 'no source file found' }];
        const sources = await Promise.all(code.map((path) => parseSource(root, path)));
        return sources.flatMap((source) => judge(source, row, names));
      });
      const absent = table
        .filter((row) => !names.has(row.name))
        .map((row) => ({ where: row.name, message: 'is in the package table but not in packages/' }));
      return [...(await Promise.all(perPackage)).flat(), ...absent];
    },
  };
}
