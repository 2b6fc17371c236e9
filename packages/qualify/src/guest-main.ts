/**
 * Runs inside the machine: the whole load test (`guest-main test`), or only the load (`guest-main apply`). Prints its events and ends with 0
 * whatever became of the patch.
 */
import { readFile } from 'node:fs/promises';
import { eventMark, type LoadEvent } from './load/load-event.ts';
import { type LoadPlan, planPath, warmUp } from './load/load-plan.ts';
import { openLoadTest } from './load/guest/load-test.ts';
import { runSteps } from './load/guest/run-steps.ts';
import { loadSteps } from './load/guest/steps.ts';

const emit = (event: LoadEvent): void => void process.stdout.write(`${eventMark}${JSON.stringify(event)}\n`);
if (process.argv[2] === warmUp) process.exit(0);
const plan = JSON.parse(await readFile(planPath, 'utf8')) as LoadPlan;
const isApply = process.argv[2] === 'apply';
const applySteps = loadSteps.filter(({ kind }) => ['load', 'transition', 'redirect'].includes(kind));
await runSteps(await openLoadTest(plan), isApply ? applySteps : loadSteps, emit);
emit({ event: 'done' });
process.exit(0); // a worker that is stuck in the kernel must not hold up the end
