import { join } from 'node:path';
import type { Check, Finding } from '../check.ts';
import { collectExamples } from '../examples/collect-examples.ts';
import { type ExampleFile, removeExamples, writeExamples } from '../examples/example-files.ts';
import { execute } from '../execute.ts';

async function runExample(root: string, file: ExampleFile): Promise<Finding[]> {
  const signal = AbortSignal.timeout(30_000);
  const args = ['--conditions=@klpkit/source', join(root, file.path)];
  const { exitCode, output } = await execute(process.execPath, args, { cwd: join(root, file.folder), signal });
  return exitCode === 0 ? [] : [{ where: file.where, message: `ended with exit code ${exitCode}: ${output.trim()}` }];
}

/** The examples marked `ts run` are run from the sources, each as a program of its own. */
export const examplesRun: Check = {
  name: 'examples run',
  async run({ root }) {
    const { examples } = await collectExamples(root);
    const runnable = examples.filter((example) => example.run);
    if (runnable.length === 0) return [{ where: 'packages/*/README.md', message: 'no block is marked ```ts run' }];
    const files = await writeExamples(root, runnable);
    try {
      const findings: Finding[] = [];
      for (const file of files) findings.push(...(await runExample(root, file)));
      return findings;
    } finally {
      await removeExamples(root, runnable);
    }
  },
};
