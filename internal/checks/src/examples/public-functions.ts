import { dirname, join, normalize } from 'node:path/posix';
import type { Target } from '../workspace/manifest.ts';
import type { WorkspacePackage } from '../workspace/packages.ts';
import { type ParsedSource, parseSource, positionIn } from '../workspace/parse-source.ts';
import type { TreeNode } from '../workspace/walk-tree.ts';

/** A function that a package exports. */
export interface PublicFunction {
  readonly name: string;
  /** `path:line` of its declaration. */
  readonly where: string;
  /** The doc comment right before it. */
  readonly comment: string | undefined;
}

const entriesOf = (target: Target | undefined): string[] => {
  if (typeof target === 'string') return target.startsWith('./src/') ? [target] : [];
  if (target === null || target === undefined) return [];
  return Object.values(target).flatMap((each) => entriesOf(each));
};

/** Names that a file lets out and where each comes from: another file and its name there, or its own. */
type Exported = Map<string, { readonly from: string | undefined; readonly name: string }>;

async function exportsOf(root: string, path: string): Promise<Exported> {
  const source = await parseSource(root, path);
  const exported: Exported = new Map();
  for (const statement of source.program.body as unknown as TreeNode[]) {
    const from = (statement['source'] as { value?: string } | null | undefined)?.value;
    const target = from?.startsWith('.') === true ? normalize(join(dirname(path), from)) : undefined;
    if (from !== undefined && target === undefined) continue;
    if (statement.type === 'ExportAllDeclaration' && target !== undefined) {
      for (const name of (await exportsOf(root, target)).keys()) exported.set(name, { from: target, name });
    }
    if (statement.type !== 'ExportNamedDeclaration') continue;
    for (const each of statement['specifiers'] as { local: { name: string }; exported: { name: string } }[]) {
      exported.set(each.exported.name, { from: target, name: each.local.name });
    }
    const declaration = statement['declaration'] as (TreeNode & { id?: { name?: string } }) | null;
    if (declaration?.id?.name !== undefined)
      exported.set(declaration.id.name, { from: undefined, name: declaration.id.name });
  }
  return exported;
}

async function declarationOf(root: string, path: string, name: string): Promise<PublicFunction | undefined> {
  const source = await parseSource(root, path);
  for (const statement of source.program.body as unknown as TreeNode[]) {
    const declaration = (
      statement.type === 'ExportNamedDeclaration' ? statement['declaration'] : statement
    ) as TreeNode | null;
    if (declaration?.type !== 'FunctionDeclaration') continue;
    if ((declaration['id'] as { name?: string } | null)?.name !== name) continue;
    return { name, where: positionIn(source, statement.start), comment: commentBefore(source, statement.start) };
  }
  const onward = (await exportsOf(root, path)).get(name);
  return onward?.from === undefined ? undefined : declarationOf(root, onward.from, onward.name);
}

function commentBefore(source: ParsedSource, start: number): string | undefined {
  const before = source.comments.findLast((comment) => comment.end <= start);
  if (before === undefined || !before.value.startsWith('*') || source.text.slice(before.end, start).trim() !== '')
    return undefined;
  return before.value;
}

/** The functions that the entries of a package export, whichever file declares them. */
export async function publicFunctions(root: string, { folder, manifest }: WorkspacePackage): Promise<PublicFunction[]> {
  const entries = [...new Set(Object.values(manifest.exports ?? {}).flatMap(entriesOf))].map((entry) =>
    join(folder, entry),
  );
  const found = entries.map(async (entry) => {
    const exported = [...(await exportsOf(root, entry))];
    return Promise.all(exported.map(([, { from, name }]) => declarationOf(root, from ?? entry, name)));
  });
  const functions = (await Promise.all(found)).flat().filter((each) => each !== undefined);
  return [...new Map(functions.map((each) => [each.where, each])).values()];
}
