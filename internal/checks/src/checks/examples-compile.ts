import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check, CheckContext, Finding } from '../check.ts';
import { collectExamples } from '../examples/collect-examples.ts';
import { type ExampleFile, placeOf, removeExamples, writeExamples } from '../examples/example-files.ts';
import { sourcePaths } from '../examples/source-paths.ts';
import { execute } from '../execute.ts';

const projectFile = 'tsconfig.examples.json';

async function writeProject(root: string, files: readonly ExampleFile[]): Promise<string> {
  const path = join(root, 'node_modules/.cache', projectFile);
  const project = {
    extends: '../../tsconfig.node.json',
    compilerOptions: {
      rootDir: '../..',
      noEmit: true,
      composite: false,
      incremental: false,
      declaration: false,
      declarationMap: false,
      emitDeclarationOnly: false,
      // A line that shows a value without using it is fine in an example.
      noUnusedLocals: false,
      noUnusedParameters: false,
      paths: await sourcePaths(root),
      typeRoots: ['../@types'],
    },
    files: files.map((file) => join(root, file.path)),
  };
  await mkdir(join(root, 'node_modules/.cache'), { recursive: true });
  await writeFile(path, JSON.stringify(project, null, 2));
  return path;
}

async function compile({ root, signal }: CheckContext, files: readonly ExampleFile[]): Promise<Finding[]> {
  const project = await writeProject(root, files);
  const args = ['--project', project, '--pretty', 'false'];
  const { exitCode, output } = await execute(join(root, 'node_modules/.bin/tsc'), args, { cwd: root, signal });
  if (exitCode === 0) return [];
  const byPath = new Map(files.map((file) => [file.path, file]));
  const findings = [...output.matchAll(/^(.+?)\((\d+),\d+\): (.+)$/gm)].flatMap((match): Finding[] => {
    const file = byPath.get(match[1] as string);
    return file === undefined ? [] : [{ where: placeOf(file, Number(match[2])), message: match[3] as string }];
  });
  // The packages' own sources are compiled along and are judged elsewhere, by their own tsconfig.json.
  const onlyOthers = findings.length === 0 && /^\S+\.ts\(/m.test(output);
  return findings.length > 0 || onlyOthers ? findings : [{ where: projectFile, message: output.trim() }];
}

/** Every `@example` of an exported declaration and every `ts` block of a README is a module that compiles. */
export const examplesCompile: Check = {
  name: 'examples compile',
  async run(context) {
    const { root } = context;
    const { examples, findings } = await collectExamples(root);
    if (examples.length === 0) return [...findings, { where: 'packages/', message: 'no example found' }];
    const files = await writeExamples(root, examples);
    try {
      return [...findings, ...(await compile(context, files))];
    } finally {
      await removeExamples(root, examples);
    }
  },
};
