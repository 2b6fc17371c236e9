import { resultMark } from './guest/result-mark.ts';
import { keepConsole, type Lab } from './lab.ts';
import type { Boot, ScenarioResult } from './scenario.ts';

/** The kernel command line of each kind of boot. */
const append: Readonly<Record<Boot, string>> = {
  enforcing: 'module.sig_enforce=1',
  open: '',
  faults: 'module.sig_enforce=1',
  lockdown: 'lockdown=integrity',
  own: 'module.sig_enforce=1',
};
/** A boot and all of its scenarios. */
const bootTimeoutMs = 600_000;
const program = ['node', '--conditions=@klpkit/source', '/app/vm/src/guest/main.ts'];

/** Boots once and runs the scenarios one after the other in it. What the machine took down with it is an error result. */
export async function runGuestScenarios(
  lab: Lab,
  boot: Boot,
  names: readonly string[],
): Promise<ReadonlyMap<string, ScenarioResult>> {
  const results = new Map<string, ScenarioResult>();
  const messages: string[] = [];
  await using vm = await lab.boot({ append: append[boot], timeoutMs: bootTimeoutMs });
  let running = '';
  const onLine = (line: string): void => {
    if (!line.startsWith(resultMark)) return void messages.push(line);
    const result = JSON.parse(line.slice(resultMark.length)) as ScenarioResult | { started: string };
    if ('started' in result) running = result.started;
    else results.set(result.name, result);
  };
  const exit = await vm.run([...program, ...names], { onLine });
  await vm.kill();
  const console: string[] = [];
  for await (const line of vm.console) console.push(line);
  const kept = await keepConsole(`${lab.kernel.release}-${boot}`, [...console, '--- messages', ...messages]);
  for (const name of names.filter((candidate) => !results.has(candidate))) {
    const when = name === running ? 'under it' : `under ${running || 'its own start'}`;
    const error = `the program ended (${exit.kind}) ${when}; the console is in ${kept}\n${messages.slice(-20).join('\n')}`;
    results.set(name, { name, error, durationMs: 0, notes: [] });
  }
  return results;
}
