import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryFolder } from './folders.ts';
import type { ScenarioResult } from './scenario.ts';

/** Where each run leaves what it saw; `write-results.ts` makes results.md of it. */
export const resultsFolder = join(repositoryFolder, 'node_modules', '.cache', 'vm', 'results');

/** Puts what a run saw over what was seen before, scenario by scenario. */
export async function keepResults(release: string, results: readonly ScenarioResult[]): Promise<void> {
  await mkdir(resultsFolder, { recursive: true });
  const path = join(resultsFolder, `${release}.json`);
  const before = await readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as readonly ScenarioResult[],
    () => [],
  );
  const fresh = new Set(results.map(({ name }) => name));
  const all = [...before.filter(({ name }) => !fresh.has(name)), ...results];
  await writeFile(path, JSON.stringify(all, undefined, 1));
}
