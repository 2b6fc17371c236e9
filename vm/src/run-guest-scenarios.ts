import { type BootedRun, bootAndRun } from './boot-and-run.ts';
import { type Lab, openTranscript, type Transcript } from './lab.ts';
import { parseResult } from './parse-result.ts';
import type { Boot, ScenarioResult } from './scenario.ts';

/** The kernel command line of each kind of boot. */
const append: Readonly<Record<Boot, string>> = {
  enforcing: 'module.sig_enforce=1',
  open: '',
  faults: 'module.sig_enforce=1',
  lockdown: 'lockdown=integrity',
  own: 'module.sig_enforce=1',
};
/** A boot and all of its scenarios, on a machine that has much else to do. */
export const limitMs = 1_500_000;
const program = ['node', '--conditions=@klpkit/source', '/app/vm/src/guest/main.ts'];

/** Boots once and runs the scenarios one after the other in it. What the machine took down with it is an error result. */
export async function runGuestScenarios(
  lab: Lab,
  boot: Boot,
  names: readonly string[],
): Promise<ReadonlyMap<string, ScenarioResult>> {
  const transcript = openTranscript(`${lab.kernel.release}-${boot === 'own' ? names[0] : boot}`);
  const results = new Map<string, ScenarioResult>();
  let running: string | undefined;
  const onLine = (line: string): void => {
    transcript.write(line);
    const message = parseResult(line);
    if (message === undefined) return;
    if ('started' in message) running = message.started;
    else if ('name' in message) results.set(message.name, message);
  };
  const onConsoleLine = (line: string): void => transcript.write(line);
  const bootLab = () => lab.boot({ append: append[boot], timeoutMs: limitMs, onConsoleLine });
  await using run = await bootAndRun(bootLab, [...program, ...names], { onLine });
  for (const name of names.filter((candidate) => !results.has(candidate)))
    results.set(name, { name, error: whyNoResult(name, running, run, transcript), durationMs: 0, notes: [] });
  return withNotes(results, run.notes);
}

/** Everything that a reader has who has nothing but the message: CI keeps no transcripts. */
function whyNoResult(name: string, running: string | undefined, run: BootedRun, transcript: Transcript): string {
  const when = name === running ? 'under it' : `under ${running ?? 'its own start'}`;
  const tail = transcript.tail().join('\n');
  return `the program ended (${run.ending}) ${when}; all of the machine's words are in ${transcript.path}, the last are:\n${tail}`;
}

/** What concerns the whole boot stands with its first result. */
function withNotes(
  results: ReadonlyMap<string, ScenarioResult>,
  notes: readonly string[],
): ReadonlyMap<string, ScenarioResult> {
  const [first] = results.keys();
  return new Map(
    [...results].map(([name, result]) => [
      name,
      name === first ? { ...result, notes: [...notes, ...result.notes] } : result,
    ]),
  );
}
