import { join } from 'node:path';
import type { CheckContext, Finding } from './check.ts';
import { execute } from './execute.ts';

/** A command line tool of the root's devDependencies, run in the root. */
export interface Tool {
  /** Name in node_modules/.bin. */
  readonly bin: string;
  readonly args: readonly string[];
  /** What to do when it complains. */
  readonly next: string;
}

/** Runs a tool whose exit code is the verdict; its whole output is the finding. */
export async function runTool(tool: Tool, context: CheckContext): Promise<Finding[]> {
  const { root, signal } = context;
  const { exitCode, output } = await execute(join(root, 'node_modules/.bin', tool.bin), tool.args, {
    cwd: root,
    signal,
  });
  if (exitCode === 0) return [];
  return [
    { where: [tool.bin, ...tool.args].join(' '), message: output.trim() || `exit code ${exitCode}`, next: tool.next },
  ];
}
