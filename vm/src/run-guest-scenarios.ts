import { resultMark } from './guest/result-mark.ts';
import { type Lab, openTranscript } from './lab.ts';
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
  let running = '';
  const onLine = (line: string): void => {
    transcript.write(line);
    const message = parseResult(line);
    if (message === undefined) return;
    if ('started' in message) running = message.started;
    else results.set(message.name, message);
  };
  await using vm = await lab.boot({
    append: append[boot],
    timeoutMs: limitMs,
    onConsoleLine: (line) => transcript.write(line),
  });
  const exit = await vm.run([...program, ...names], { onLine });
  for (const name of names.filter((candidate) => !results.has(candidate))) {
    const when = name === running ? 'under it' : `under ${running || 'its own start'}`;
    const error = `the program ended (${exit.kind}) ${when}; see ${transcript.path}`;
    results.set(name, { name, error, durationMs: 0, notes: [] });
  }
  return results;
}

function parseResult(line: string): ScenarioResult | { readonly started: string } | undefined {
  if (!line.startsWith(resultMark)) return undefined;
  try {
    return JSON.parse(line.slice(resultMark.length)) as ScenarioResult | { started: string };
  } catch {
    return undefined; // the machine went down in the middle of a line
  }
}
