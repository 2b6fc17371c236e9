/**
 * Writes vm/results.md from what the last runs of `pnpm test:vm` saw: kernel by scenario.
 *
 * node --conditions=@klpkit/source vm/src/write-results.ts
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryFolder } from './folders.ts';
import { qualifyFolder, resultsFolder } from './results.ts';
import type { ScenarioResult } from './scenario.ts';

/** What was kept of one kernel. */
interface Seen {
  readonly release: string;
  readonly results: readonly ScenarioResult[];
}

const suffix = '.json';

async function readSeen(folder: string): Promise<readonly Seen[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(suffix)).toSorted();
  return Promise.all(
    files.map(async (file) => ({
      release: file.slice(0, -suffix.length),
      results: JSON.parse(await readFile(join(folder, file), 'utf8')) as readonly ScenarioResult[],
    })),
  );
}

const scenarioSuffix = '.scenario.ts';
const scenarioNames = (await readdir(new URL('scenarios', import.meta.url)))
  .filter((name) => name.endsWith(scenarioSuffix))
  .map((name) => name.slice(0, -scenarioSuffix.length))
  .toSorted();

const outcomeOf = ({ error, notes }: ScenarioResult): readonly string[] => [
  error === undefined ? 'as expected' : '**not**',
  ...notes,
];
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** A column a kernel, a row a name. */
function tableOf(
  title: string,
  names: readonly string[],
  kernels: readonly Seen[],
  wordsOf: (result: ScenarioResult) => readonly string[],
): string {
  const cell = (result: ScenarioResult | undefined): string =>
    result === undefined ? '–' : wordsOf(result).join('<br>').replaceAll('|', '\\|');
  const rows = names.map((name) =>
    row([
      name.replaceAll('-', ' '),
      ...kernels.map(({ results }) => cell(results.find((result) => result.name === name))),
    ]),
  );
  const head = [row([title, ...kernels.map(({ release }) => release)]), row(['---', ...kernels.map(() => '---')])];
  return [...head, ...rows].join('\n');
}

const kernels = await readSeen(resultsFolder);
const qualified = await readSeen(qualifyFolder);
const patches = [...new Set(qualified.flatMap(({ results }) => results.map(({ name }) => name)))].toSorted();
const text = `# What was seen on real kernels

Written by \`vm/src/write-results.ts\` from runs of \`pnpm test:vm\`: Debian's kernels under QEMU's interpreter (TCG, 2 CPUs), so times say
nothing of real machines. \`as expected\`: the scenario of that name under \`vm/src/scenarios\` held; a dash: it is not run there, or was not yet.

${tableOf('expectation', scenarioNames, kernels, outcomeOf)}

## What \`qualify\` said

Of each patch in \`vm/livepatches/qualify\`, by \`vm/src/qualify.test.ts\`. A patch that fails in its load test is not tested further; the tests are the kernel's own selftests.

${tableOf('patch', patches, qualified, ({ notes }) => notes)}
`;
await writeFile(join(repositoryFolder, 'vm', 'results.md'), text);
console.log(`vm/results.md: ${scenarioNames.length} scenarios, ${kernels.length} kernels`);
