import type { ParsedSource } from '../workspace/parse-source.ts';
import { type TreeNode, walkTree } from '../workspace/walk-tree.ts';

/** Globals that Node has and the web standards do not. */
const names: ReadonlySet<string> = new Set([
  'process',
  'Buffer',
  'global',
  'require',
  'module',
  'exports',
  '__dirname',
  '__filename',
  'setImmediate',
  'clearImmediate',
  'NodeJS',
]);

export interface GlobalUse {
  readonly name: string;
  readonly start: number;
}

/** Fields in which an identifier is a name and not a reference, unless the node is computed. */
const namingFields: ReadonlyMap<string, string> = new Map([
  ['MemberExpression', 'property'],
  ['Property', 'key'],
  ['PropertyDefinition', 'key'],
  ['MethodDefinition', 'key'],
  ['TSPropertySignature', 'key'],
  ['TSMethodSignature', 'key'],
  ['TSEnumMember', 'id'],
  ['ExportSpecifier', 'exported'],
  ['ImportSpecifier', 'imported'],
  ['LabeledStatement', 'label'],
  ['TSQualifiedName', 'right'],
]);

const isName = (parent: TreeNode | undefined, field: string): boolean =>
  parent !== undefined && namingFields.get(parent.type) === field && parent['computed'] !== true;

/** Fields in which an identifier brings a name into being. */
const bindingFields: ReadonlyMap<string, readonly string[]> = new Map([
  ['VariableDeclarator', ['id']],
  ['TSTypeAliasDeclaration', ['id']],
  ['TSInterfaceDeclaration', ['id']],
  ['FunctionDeclaration', ['id', 'params']],
  ['FunctionExpression', ['id', 'params']],
  ['ArrowFunctionExpression', ['params']],
  ['TSFunctionType', ['params']],
  ['TSMethodSignature', ['params']],
  ['ImportSpecifier', ['local']],
  ['ImportDefaultSpecifier', ['local']],
  ['ImportNamespaceSpecifier', ['local']],
  ['AssignmentPattern', ['left']],
  ['ArrayPattern', ['elements']],
  ['RestElement', ['argument']],
  ['CatchClause', ['param']],
]);

const isBinding = (parent: TreeNode | undefined, field: string): boolean =>
  parent !== undefined && bindingFields.get(parent.type)?.includes(field) === true;

/** The names that `{ a, b: c }` binds, where it stands on the left. */
function namesOfPattern(node: TreeNode): string[] {
  if (node.type !== 'ObjectPattern') return [];
  return (node['properties'] as TreeNode[]).flatMap((property) => {
    const value = property['value'] as TreeNode | undefined;
    return value?.type === 'Identifier' ? [value['name'] as string] : [];
  });
}

function throughGlobalThis(node: TreeNode): string | undefined {
  if (node.type !== 'MemberExpression') return undefined;
  const object = node['object'] as TreeNode;
  const property = node['property'] as TreeNode;
  if (object.type !== 'Identifier' || object['name'] !== 'globalThis') return undefined;
  return (node['computed'] === true ? property['value'] : property['name']) as string | undefined;
}

/** The uses of Node's globals in a file, `globalThis.x` too. */
export function nodeGlobals(source: ParsedSource): GlobalUse[] {
  const declared = new Set<string>();
  const used: GlobalUse[] = [];
  const certain: GlobalUse[] = [];
  // Scopes are not told apart: a file that declares a name means its own wherever it uses it.
  walkTree(source.program, (node, parent, field) => {
    for (const name of namesOfPattern(node)) declared.add(name);
    const global = throughGlobalThis(node);
    if (global !== undefined && names.has(global)) certain.push({ name: global, start: node.start });
    if (node.type !== 'Identifier' || !names.has(node['name'] as string) || isName(parent, field)) return;
    const name = node['name'] as string;
    // `declare const process` only says that somebody else has it.
    if (isBinding(parent, field) && !isAmbient(source, node)) declared.add(name);
    else used.push({ name, start: node.start });
  });
  return [...certain, ...used.filter(({ name }) => !declared.has(name))];
}

function isAmbient(source: ParsedSource, node: TreeNode): boolean {
  return /\bdeclare\s+(?:const|let|var|function|class|namespace)\s+$/.test(source.text.slice(0, node.start));
}
