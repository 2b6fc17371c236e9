import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const isTest = (path: string): boolean => /\.(?:test|scenario|fixture)\.ts$/.test(path);

/** The TypeScript files of a package's `src`, from the root of the repository, sorted. */
export interface SourceFiles {
  /** What is shipped, or would be. */
  readonly code: readonly string[];
  /** Tests, scenarios and what they share, which may import more. */
  readonly tests: readonly string[];
}

export async function sourceFiles(root: string, folder: string): Promise<SourceFiles> {
  const entries = await readdir(join(root, folder, 'src'), { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry) => entry.isFile() && /\.[cm]?ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted();
  return { code: paths.filter((path) => !isTest(path)), tests: paths.filter(isTest) };
}
