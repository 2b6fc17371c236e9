import type { Check, Finding } from '../check.ts';
import { workspacePackages } from '../workspace/packages.ts';
import { type ParsedSource, parseSource, positionIn } from '../workspace/parse-source.ts';
import { sourceFiles } from '../workspace/source-files.ts';
import { type TreeNode, walkTree } from '../workspace/walk-tree.ts';

function judge(source: ParsedSource): Finding[] {
  const findings: Finding[] = [];
  walkTree(source.program, (node) => {
    if (node.type !== 'ClassDeclaration' && node.type !== 'ClassExpression') return;
    const superClass = node['superClass'] as TreeNode | null | undefined;
    if (superClass?.type === 'Identifier' && superClass['name'] === 'Error') return;
    findings.push({
      where: positionIn(source, node.start),
      message: 'a class that does not extend Error',
      next: 'write a function; keep state in its closure or with the caller',
    });
  });
  return findings;
}

/** A class only for an error, and directly under Error: state lives in closures or with the caller. */
export const classes: Check = {
  name: 'classes only for errors',
  async run({ root }) {
    const packages = await workspacePackages(root);
    const files = await Promise.all(packages.map(({ folder }) => sourceFiles(root, folder)));
    const code = files.flatMap((each) => each.code);
    if (code.length === 0) return [{ where: '.', message: 'no source file found' }];
    const sources = await Promise.all(code.map((path) => parseSource(root, path)));
    return sources.flatMap(judge);
  },
};
