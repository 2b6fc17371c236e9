import { readResults } from '../results/read-results.ts';
import type { TestResult, TestRun } from '../test-result.ts';

/** How a program of a run ended. */
export interface ProgramRun {
  readonly name: string;
  readonly lines: readonly string[];
  readonly durationMs: number;
  readonly end:
    | { readonly kind: 'exited'; readonly exitCode: number }
    | { readonly kind: 'timed-out'; readonly afterMs: number }
    /** The machine went down under it; `how` says it in words. */
    | { readonly kind: 'machine-lost'; readonly how: string };
}

/** tools/testing/selftests/kselftest.h: KSFT_SKIP. */
const skipCode = 4;
/** More of one program's output than this says no more. */
const maxLines = 4_000;

/** What was run as kselftest's own runner would print it (tools/testing/selftests/kselftest/runner.sh), read by the reader of such. */
export function runOf(programs: readonly ProgramRun[], only: readonly string[] | null): TestRun {
  const text = [
    'TAP version 13',
    `1..${programs.length}`,
    ...programs.flatMap((run, index) => linesOf(run, index + 1)),
  ];
  const run = readResults(`${text.join('\n')}\n`, { format: 'kselftest', only });
  return { ...run, results: programs.reduce(withDuration, run.results) };
}

function linesOf({ name, lines, end }: ProgramRun, number: number): string[] {
  const output = lines.slice(-maxLines).map((line) => `# ${line}`);
  return [`# selftests: ${name}`, ...output, resultLine(`${number} selftests: ${name}`, end)];
}

function resultLine(test: string, end: ProgramRun['end']): string {
  if (end.kind === 'timed-out') return `not ok ${test} # TIMEOUT ${Math.round(end.afterMs / 1000)} seconds`;
  if (end.kind === 'machine-lost')
    return `not ok ${test} # the machine was lost: ${end.how.replaceAll(/[\n\r]/g, ' ')}`;
  if (end.exitCode === 0) return `ok ${test}`;
  return end.exitCode === skipCode ? `ok ${test} # SKIP` : `not ok ${test} # exit=${end.exitCode}`;
}

/** The format has no durations; the one of a program stands at its own result, as no part of it is to be blamed for the whole. */
function withDuration(results: readonly TestResult[], { name, durationMs }: ProgramRun): readonly TestResult[] {
  return results.map((result) => (result.name === name ? { ...result, durationMs } : result));
}
