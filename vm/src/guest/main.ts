/**
 * Runs scenarios inside the machine: node main.ts NAME… Prints a line of JSON for each, behind a mark, and ends with 0
 * whatever became of them.
 */
import { runScenario } from './run-scenario.ts';
import { resultMark } from './result-mark.ts';

for (const name of process.argv.slice(2)) {
  console.log(`${resultMark}${JSON.stringify({ started: name })}`);
  console.log(`${resultMark}${JSON.stringify(await runScenario(name))}`);
}
process.exit(0); // a scenario may leave a read of the kernel log pending
