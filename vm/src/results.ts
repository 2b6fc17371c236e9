import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryFolder } from './folders.ts';
import type { ScenarioResult } from './scenario.ts';

/** Where each run leaves what it saw; `write-results.ts` makes results.md of it. */
export const resultsFolder = join(repositoryFolder, 'node_modules', '.cache', 'vm', 'results');

/** What `qualify` said of the test patches, in files of their own: another process writes those of the scenarios meanwhile. */
export const qualifyFolder = join(resultsFolder, 'qualify');

/** Puts what a run saw over what was seen before, scenario by scenario. */
export async function keepResults(
  release: string,
  results: readonly ScenarioResult[],
  folder = resultsFolder,
): Promise<void> {
  const path = join(folder, `${release}.json`);
  await mkdir(folder, { recursive: true });
  const before = await readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as readonly ScenarioResult[],
    () => [],
  );
  const fresh = new Set(results.map(({ name }) => name));
  const all = [...before.filter(({ name }) => !fresh.has(name)), ...results];
  await writeFile(path, JSON.stringify(all, undefined, 1));
}
