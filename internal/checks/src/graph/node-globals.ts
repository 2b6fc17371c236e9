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

/** Positions that bring a name into being. Scopes are not told apart: a file that declares `process` means its own. */
function isBinding(parent: TreeNode | undefined, field: string): boolean {
  if (parent === undefined) return false;
  switch (parent.type) {
    case 'VariableDeclarator':
    case 'TSTypeAliasDeclaration':
    case 'TSInterfaceDeclaration':
      return field === 'id';
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return field === 'id' || field === 'params';
    case 'ImportSpecifier':
    case 'ImportDefaultSpecifier':
    case 'ImportNamespaceSpecifier':
      return field === 'local';
    case 'AssignmentPattern':
      return field === 'left';
    case 'CatchClause':
      return field === 'param';
    case 'TSFunctionType':
    case 'TSMethodSignature':
      return field === 'params';
    case 'Property':
      return field === 'value' && parent['kind'] === 'init' && parent['inPattern'] === true;
    default:
      return false;
  }
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
  walkTree(source.program, (node, parent, field) => {
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
