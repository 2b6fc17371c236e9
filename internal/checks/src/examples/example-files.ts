import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Example } from './example.ts';

/** An example that was written to a file of its own, so that each is a module. */
export interface ExampleFile extends Example {
  /** From the root of the repository. */
  readonly path: string;
}

/** Inside the package, so that its imports resolve as a user's would; ignored by git. */
const folderIn = (folder: string): string => join(folder, '.klpkit/examples');

export async function writeExamples(root: string, examples: readonly Example[]): Promise<ExampleFile[]> {
  await removeExamples(root, examples);
  return Promise.all(
    examples.map(async (example, index) => {
      const path = join(folderIn(example.folder), `${String(index).padStart(4, '0')}.ts`);
      await mkdir(dirname(join(root, path)), { recursive: true });
      // Without an import it would be a script, whose names are everybody's; the line numbers stay.
      await writeFile(join(root, path), `${example.code}\nexport {};\n`);
      return { ...example, path };
    }),
  );
}

export async function removeExamples(root: string, examples: readonly Example[]): Promise<void> {
  const folders = new Set(examples.map(({ folder }) => folderIn(folder)));
  await Promise.all([...folders].map((folder) => rm(join(root, folder), { recursive: true, force: true })));
}

/** Where in the documentation line `line` of an example's file is. */
export function placeOf(example: Example, line: number): string {
  const at = example.where.lastIndexOf(':');
  return `${example.where.slice(0, at)}:${Number(example.where.slice(at + 1)) + line - 1}`;
}
