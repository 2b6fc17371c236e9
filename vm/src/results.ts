import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryFolder } from './folders.ts';
import type { ScenarioResult } from './scenario.ts';

/** Where each run leaves what it saw; `write-results.ts` makes results.md of it. */
export const resultsFolder = join(repositoryFolder, 'node_modules', '.cache', 'vm', 'results');

export async function keepResults(release: string, results: readonly ScenarioResult[]): Promise<void> {
  await mkdir(resultsFolder, { recursive: true });
  await writeFile(join(resultsFolder, `${release}.json`), JSON.stringify(results, undefined, 1));
}
