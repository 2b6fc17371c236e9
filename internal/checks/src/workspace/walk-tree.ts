/** A node of the syntax tree, of which only the type and the place are known. */
export interface TreeNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

const isNode = (value: unknown): value is TreeNode =>
  typeof value === 'object' && value !== null && typeof (value as TreeNode).type === 'string';

/** Calls `visit` for each node below `root`, with its parent and the field of the parent that holds it. */
export function walkTree(
  root: unknown,
  visit: (node: TreeNode, parent: TreeNode | undefined, field: string) => void,
): void {
  const step = (value: unknown, parent: TreeNode | undefined, field: string): void => {
    if (Array.isArray(value)) for (const each of value) step(each, parent, field);
    else if (isNode(value)) {
      visit(value, parent, field);
      for (const [key, child] of Object.entries(value)) step(child, value, key);
    }
  };
  step(root, undefined, '');
}
