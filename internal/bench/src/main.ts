import { writeFile } from 'node:fs/promises';
import type { BenchContext } from './bench.ts';
import { discover, type FoundBench } from './discover.ts';
import { machineFacts } from './machine.ts';
import { type BenchReport, type BenchSection, mergeReports, readReport } from './report.ts';
import { timeRow } from './row.ts';
import { markdownReport, textTable } from './table.ts';
import { compare, measure } from './timing.ts';

const resultsJson = new URL('../results.json', import.meta.url);
const resultsMarkdown = new URL('../results.md', import.meta.url);

function contextOf(signal: AbortSignal): BenchContext {
  return {
    compare: (input) => compare(input, signal),
    measure: (run, options) => measure(run, { ...options, signal }),
    row: timeRow,
    log: (line) => console.log(`  ${line}`),
    signal,
  };
}

async function runBench(bench: FoundBench, context: BenchContext): Promise<BenchSection> {
  const { name, file } = bench;
  const measuredAt = new Date().toISOString();
  console.log(`\n${name} (${file})`);
  try {
    const rows = await bench.run(context);
    console.log(textTable(rows));
    return { name, file, measuredAt, rows };
  } catch (error) {
    context.signal.throwIfAborted();
    // The other benchmarks still run: an hour of measuring is not lost to the last file.
    console.error(error);
    return { name, file, measuredAt, rows: [], error: error instanceof Error ? error.message : String(error) };
  }
}

async function main(filters: readonly string[], signal: AbortSignal): Promise<number> {
  const benches = await discover(import.meta.dirname, filters);
  if (benches.length === 0) {
    console.error(
      `No benchmark matches ${filters.join(', ') || '*.bench.ts'}. Next step: leave the filter out, or add a file as internal/bench/README.md says.`,
    );
    return 2;
  }
  const context = contextOf(signal);
  const sections: BenchSection[] = [];
  for (const bench of benches) sections.push(await runBench(bench, context));
  const fresh: BenchReport = { machine: machineFacts(), sections };
  const report = filters.length === 0 ? fresh : mergeReports(await readReport(resultsJson), fresh);
  await writeFile(resultsJson, `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(resultsMarkdown, markdownReport(report));
  const missed = sections.flatMap((section) => section.rows).filter((row) => !row.ok).length;
  const broken = sections.filter((section) => section.error !== undefined).length;
  console.log(
    `\n${sections.length} benchmarks, ${missed} targets missed, ${broken} broke off; written to internal/bench/results.md`,
  );
  return missed + broken === 0 ? 0 : 1;
}

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort(new Error('interrupted')));
process.exitCode = await main(process.argv.slice(2), interrupt.signal);
