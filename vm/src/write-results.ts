/**
 * Writes vm/results.md from what the last runs of `pnpm test:vm` saw: kernel by scenario.
 *
 * node --conditions=@klpkit/source vm/src/write-results.ts
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryFolder } from './folders.ts';
import { resultsFolder } from './results.ts';
import type { ScenarioResult } from './scenario.ts';

const suffix = '.json';
const files = (await readdir(resultsFolder)).filter((name) => name.endsWith(suffix)).toSorted();
const kernels = await Promise.all(
  files.map(async (file) => ({
    release: file.slice(0, -suffix.length),
    results: JSON.parse(await readFile(join(resultsFolder, file), 'utf8')) as readonly ScenarioResult[],
  })),
);
const scenarioSuffix = '.scenario.ts';
const names = (await readdir(new URL('scenarios', import.meta.url)))
  .filter((name) => name.endsWith(scenarioSuffix))
  .map((name) => name.slice(0, -scenarioSuffix.length))
  .toSorted();

const cell = (result: ScenarioResult | undefined): string => {
  if (result === undefined) return '–';
  const outcome = result.error === undefined ? 'as expected' : '**not**';
  return [outcome, ...result.notes].join('<br>').replaceAll('|', '\\|');
};
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const rows = names.map((name) => {
  const cells = kernels.map(({ results }) => cell(results.find((result) => result.name === name)));
  return row([name.replaceAll('-', ' '), ...cells]);
});
const text = `# What was seen on real kernels

Written by \`vm/src/write-results.ts\` from runs of \`pnpm test:vm\`: Debian's kernels under QEMU's interpreter (TCG, 2 CPUs), so times say
nothing of real machines. \`as expected\`: the scenario of that name under \`vm/src/scenarios\` held; a dash: it is not run there, or was not yet.

${row(['expectation', ...kernels.map(({ release }) => release)])}
${row(['---', ...kernels.map(() => '---')])}
${rows.join('\n')}
`;
await writeFile(join(repositoryFolder, 'vm', 'results.md'), text);
console.log(`vm/results.md: ${names.length} scenarios, ${kernels.length} kernels`);
