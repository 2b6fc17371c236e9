import { readFile } from 'node:fs/promises';
import { join, normalize } from 'node:path/posix';
import type { Check, Finding } from '../check.ts';
import { type WorkspacePackage, workspacePackages } from '../workspace/packages.ts';
import { parseSource } from '../workspace/parse-source.ts';
import { sourceFiles } from '../workspace/source-files.ts';
import { classify } from '../workspace/specifier.ts';

interface Project {
  readonly references?: readonly { readonly path: string }[];
}

async function foldersImportedBy(
  root: string,
  paths: readonly string[],
  packages: readonly WorkspacePackage[],
): Promise<Set<string>> {
  const sources = await Promise.all(paths.map((path) => parseSource(root, path)));
  const found = sources.flatMap((source) => source.imports.map((each) => classify(each.specifier)));
  const names = new Set(found.flatMap((each) => (each.kind === 'package' ? [each.name] : [])));
  return new Set(packages.filter((each) => names.has(each.name)).map((each) => each.folder));
}

async function judge(root: string, own: WorkspacePackage, packages: readonly WorkspacePackage[]): Promise<Finding[]> {
  const where = `${own.folder}/tsconfig.json`;
  const text = await readFile(join(root, where), 'utf8').catch(() => undefined);
  if (text === undefined) return [];
  const others = packages.filter((each) => each.name !== own.name);
  const { code, tests } = await sourceFiles(root, own.folder);
  const project = JSON.parse(text) as Project;
  const referenced = new Set((project.references ?? []).map(({ path }) => normalize(join(own.folder, path))));
  const imported = await foldersImportedBy(root, code, others);
  // What is never shipped may consist of tests alone.
  const used = own.manifest.private === true ? await foldersImportedBy(root, [...code, ...tests], others) : imported;
  const missing = [...imported.difference(referenced)];
  const surplus = [...referenced.difference(used)];
  return [
    ...missing.map((folder) => ({ where, message: `the code imports ${folder}, references do not name it` })),
    ...surplus.map((folder) => ({ where, message: `references name ${folder}, the code does not import it` })),
  ];
}

async function rootFindings(root: string, packages: readonly WorkspacePackage[]): Promise<Finding[]> {
  const where = 'tsconfig.json';
  const project = JSON.parse(await readFile(join(root, where), 'utf8')) as Project;
  const referenced = new Set((project.references ?? []).map(({ path }) => normalize(path)));
  const withProject = await Promise.all(
    packages.map(async ({ folder }) =>
      (await readFile(join(root, folder, 'tsconfig.json'), 'utf8').catch(() => undefined)) === undefined
        ? []
        : [folder],
    ),
  );
  return withProject
    .flat()
    .filter((folder) => !referenced.has(folder))
    .map((folder) => ({ where, message: `references do not name ${folder}: its types are not checked` }));
}

/** The project references of each tsconfig.json are the workspace packages its code imports, and the root names every project. */
export const graphReferences: Check = {
  name: 'graph: tsconfig references',
  async run({ root }) {
    const packages = await workspacePackages(root);
    const findings = await Promise.all(packages.map((own) => judge(root, own, packages)));
    return [...findings.flat(), ...(await rootFindings(root, packages))];
  },
};
