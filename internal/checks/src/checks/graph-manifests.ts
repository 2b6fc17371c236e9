import type { Check, Finding } from '../check.ts';
import { type WorkspacePackage, workspacePackages } from '../workspace/packages.ts';
import { type ParsedSource, parseSource } from '../workspace/parse-source.ts';
import { sourceFiles } from '../workspace/source-files.ts';
import { classify } from '../workspace/specifier.ts';

function importedBy(sources: readonly ParsedSource[]): Set<string> {
  const specifiers = sources.flatMap((source) => source.imports.map((each) => classify(each.specifier)));
  return new Set(specifiers.flatMap((each) => (each.kind === 'package' ? [each.name] : [])));
}

/** A dependency that is loaded by `createRequire` or found by `import.meta.resolve` is named in a string, not in an import. */
const mentions = (sources: readonly ParsedSource[], name: string): boolean =>
  sources.some(({ text }) => [`'${name}'`, `'${name}/`].some((quoted) => text.includes(quoted)));

interface Sides {
  readonly code: readonly ParsedSource[];
  readonly tests: readonly ParsedSource[];
}

function judge(
  { name, folder, manifest }: WorkspacePackage,
  { code, tests }: Sides,
  rootTools: ReadonlySet<string>,
): Finding[] {
  const where = `${folder}/package.json`;
  const runtime = new Set(
    Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies }),
  );
  const development = new Set(Object.keys(manifest.devDependencies ?? {}));
  const missing = [...importedBy(code)]
    .filter(
      (each) =>
        each !== name &&
        !runtime.has(each) &&
        !(manifest.private === true && (development.has(each) || rootTools.has(each))),
    )
    .map((each) => ({ where, message: `the code imports ${each}, dependencies do not name it` }));
  const missingInTests = [...importedBy(tests)]
    .filter((each) => each !== name && !runtime.has(each) && !development.has(each) && !rootTools.has(each))
    .map((each) => ({ where, message: `a test imports ${each}, neither dependencies nor devDependencies name it` }));
  // What is never shipped may consist of tests alone.
  const users = manifest.private === true ? [...code, ...tests] : code;
  // … or of a command: then there is no code to compare with.
  const unused = Object.keys(code.length === 0 ? {} : (manifest.dependencies ?? {}))
    .filter((each) => !importedBy(users).has(each) && !mentions(users, each))
    .map((each) => ({ where, message: `dependencies name ${each}, the code does not import it` }));
  return [...missing, ...missingInTests, ...unused];
}

/** What package.json names is what the code imports: no more, no less. */
export const graphManifests: Check = {
  name: 'graph: package.json',
  async run({ root }) {
    const packages = await workspacePackages(root);
    if (packages.length === 0) return [{ where: 'packages/', message: 'no package found' }];
    const rootTools = new Set(['vitest', 'fast-check']);
    const findings = packages.map(async (each) => {
      const { code, tests } = await sourceFiles(root, each.folder);
      // A package whose work is a command (typedoc) has no source to compare with.
      if (code.length + tests.length === 0) return [];
      const parse = (paths: readonly string[]) => Promise.all(paths.map((path) => parseSource(root, path)));
      return judge(each, { code: await parse(code), tests: await parse(tests) }, rootTools);
    });
    return (await Promise.all(findings)).flat();
  },
};
