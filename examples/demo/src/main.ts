import { runFleetDemo } from './fleet-demo.ts';
import { readOptions, usage } from './options.ts';
import { createProgress } from './progress.ts';
import { makeWorkingFolder } from './working-folder.ts';

const options = readOptions(process.argv.slice(2));
if (typeof options === 'string') {
  process.stderr.write(`${options}\n\n${usage}`);
  process.exitCode = 2;
} else if (options.help) {
  process.stdout.write(usage);
} else {
  process.exitCode = await run(options);
}

async function run(chosen: Exclude<typeof options, string>): Promise<number> {
  const began = performance.now();
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
  const progress = createProgress({ output: process.stdout, plain: chosen.plain });
  const folder = await makeWorkingFolder();
  let held = false;
  try {
    const story = chosen.vm ? (await import('./vm-demo.ts')).runVmDemo : runFleetDemo;
    held = await story({ options: chosen, folder, progress, signal: stop.signal });
    progress.say(`It took ${((performance.now() - began) / 1000).toFixed(1)} s.`);
    return held ? 0 : 1;
  } catch (error) {
    if (stop.signal.aborted) {
      progress.say('Stopped; the server, its database and all machines are closed.');
      return 130;
    }
    // What has a code has a sentence with the next step; all else is a mistake in the demo.
    if (!(error instanceof Error) || !('code' in error)) throw error;
    progress.say(error.message);
    return 1;
  } finally {
    progress.close();
    if (chosen.keep || (!held && !stop.signal.aborted)) progress.say(`The working folder is ${folder.path}.`);
    else await folder.remove();
  }
}
