import { run } from 'klpkit';

/** An answer of the command line: its exit code and each row of its JSON. */
export interface Answer {
  readonly exit: number;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** Something that had to hold, and did not. */
export class PipelineStopped extends Error {
  override readonly name = 'PipelineStopped';
}

/** What the pipeline runs with. */
export interface PipelineRun {
  /** Everything that is made in it; paths of commands are taken from here. */
  readonly folder: string;
  /** Tells a person what is done. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Runs `klpkit WORDS --json` in this process, as a shell would, and shows the call. */
export async function klpkit({ folder, say, signal }: PipelineRun, ...words: string[]): Promise<Answer> {
  say(`$ klpkit ${words.join(' ')}`);
  let out = '';
  const exit = await run([...words, '--json'], {
    out: (text) => void (out += text),
    err: (text) =>
      text
        .trimEnd()
        .split('\n')
        .forEach((line) => say(`    ${line}`)),
    folder,
    environment: {},
    colors: false,
    signal,
  });
  const rows = out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { exit, rows };
}

/** The one row of a command that said yes; anything else stops the pipeline, as it should. */
export function must(answer: Answer): Readonly<Record<string, unknown>> {
  const [row = {}] = answer.rows;
  if (answer.exit === 0) return row;
  throw new PipelineStopped(`exit code ${answer.exit}: ${JSON.stringify(row)}`);
}

/** Stops unless it holds. */
export function expect(what: string, holds: boolean, seen: unknown, { say }: PipelineRun): void {
  say(`${holds ? 'yes ' : 'NO  '} ${what}${holds ? '' : `: ${JSON.stringify(seen)}`}`);
  if (!holds) throw new PipelineStopped(what);
}
