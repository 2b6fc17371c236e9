import { run } from './run.ts';
import type { Terminal } from './terminal.ts';

/** What a run of the command line left behind. */
export interface RunOutcome {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  /** Standard output as JSON, a row a line; empty without `--json`. */
  readonly rows: readonly Record<string, unknown>[];
}

/** Runs the command line in a folder, with nothing of this process's environment. */
export async function runIn(
  folder: string,
  words: readonly string[],
  more: Partial<Terminal> = {},
): Promise<RunOutcome> {
  let out = '';
  let err = '';
  const exit = await run(words, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    folder,
    environment: {},
    colors: false,
    signal: new AbortController().signal,
    ...more,
  });
  const files = words.indexOf('--');
  const json = (files === -1 ? words : words.slice(0, files)).includes('--json');
  const lines = json ? out.split('\n').filter(Boolean) : [];
  return { exit, out, err, rows: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}
