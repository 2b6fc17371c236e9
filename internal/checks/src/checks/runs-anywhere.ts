import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check, Finding } from '../check.ts';
import { nodeGlobals } from '../graph/node-globals.ts';
import { type PackageRow, packageTable } from '../graph/package-table.ts';
import { nodeOnlyFiles } from '../graph/reachable.ts';
import { publishedPackages, type WorkspacePackage } from '../workspace/packages.ts';
import { type ParsedSource, parseSource, positionIn } from '../workspace/parse-source.ts';
import { sourceFiles } from '../workspace/source-files.ts';
import { classify } from '../workspace/specifier.ts';

const next =
  'use what the web standards have, take it as an argument, or put it in a file behind a `node` condition of `exports` or `imports`';

function judge(source: ParsedSource): Finding[] {
  const imports = source.imports
    .filter(({ specifier }) => classify(specifier).kind === 'builtin')
    .map(({ specifier, start }) => ({
      where: positionIn(source, start),
      message: `imports the Node built-in ${specifier}`,
      next,
    }));
  const globals = nodeGlobals(source).map(({ name, start }) => ({
    where: positionIn(source, start),
    message: `uses the Node global ${name}`,
    next,
  }));
  const types = source.comments
    .filter((comment) => comment.type === 'Line' && /^\/\s*<reference\s+types=["']node/.test(comment.value))
    .map((comment) => ({ where: positionIn(source, comment.start), message: 'references the types of Node', next }));
  return [...imports, ...globals, ...types];
}

async function findings(root: string, { folder, manifest }: WorkspacePackage): Promise<Finding[]> {
  const { code } = await sourceFiles(root, folder);
  const sources = await Promise.all(code.map((path) => parseSource(root, path)));
  const nodeOnly = nodeOnlyFiles(manifest, folder, new Map(sources.map((source) => [source.path, source])));
  const where = `${folder}/tsconfig.json`;
  const project = JSON.parse(await readFile(join(root, where), 'utf8')) as { extends?: string };
  const lax =
    project.extends === '../../tsconfig.any.json'
      ? []
      : [{ where, message: 'must extend ../../tsconfig.any.json, which has no Node types' }];
  return [...lax, ...sources.filter((source) => !nodeOnly.has(source.path)).flatMap(judge)];
}

/** A package that runs anywhere uses nothing of Node, but for files that only a `node` condition leads to. */
export function runsAnywhere(table: readonly PackageRow[] = packageTable): Check {
  return {
    name: 'graph: runs anywhere',
    async run({ root }) {
      const any = new Set(table.filter((row) => row.runsOn === 'any').map((row) => row.name));
      const packages = (await publishedPackages(root)).filter((each) => any.has(each.name));
      if (packages.length === 0) return [{ where: 'packages/', message: 'no package that runs anywhere was found' }];
      return (await Promise.all(packages.map((each) => findings(root, each)))).flat();
    },
  };
}
