import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signTestModule, type TempFolder, tempFolder, testAuthority, tinyModule } from '@klpkit-internal/testkit';
import { createFakeKernel, type FakeCourse, type FakeInsertion, type FakeKernel } from '@klpkit/kernel/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoadEvent } from '../load-event.ts';
import type { LoadPlan, PlannedModule } from '../load-plan.ts';
import { openLoadTest } from './load-test.ts';
import { runSteps } from './run-steps.ts';
import { loadSteps } from './steps.ts';

// The steps on a kernel that plays its part; the work they do in between needs a real one, see vm/src/qualify.test.ts.
const steps = loadSteps.filter(({ kind }) => kind !== 'work');

let temp: TempFolder;
let kernel: FakeKernel;
beforeEach(async () => {
  temp = await tempFolder();
});
afterEach(async () => {
  await kernel.close();
  await temp[Symbol.asyncDispose]();
});

async function put(name: string): Promise<PlannedModule> {
  const path = join(temp.path, `${name}.ko`);
  const module = tinyModule({ name, arch: 'x86_64', release: '6.1.0-56-amd64' });
  await writeFile(path, await signTestModule(module, testAuthority('rsa-2048')));
  return { path, module: name };
}

interface Outcome {
  readonly steps: readonly string[];
  readonly reasons: readonly string[];
}

async function run(
  course: FakeCourse | ((insertion: FakeInsertion) => FakeCourse),
  more: Partial<LoadPlan> = {},
): Promise<Outcome> {
  const folder = join(temp.path, 'kernel');
  await mkdir(folder);
  kernel = await createFakeKernel({ folder, course });
  const certificate = join(temp.path, 'certificate.pem');
  await writeFile(certificate, testAuthority('rsa-2048').certificate);
  const settings = { transitionMs: 1_000, workMs: 1, slowFactor: 3, cyclesUnderWork: 1 };
  const plan = { patch: await put('lp_fix'), previous: null, next: null, certificate, ...settings, ...more };
  const events: LoadEvent[] = [];
  await runSteps(
    await openLoadTest(plan, { root: kernel.root, loader: kernel.loader }),
    steps,
    (event) => void events.push(event),
  );
  const done = events.flatMap((event) => (event.event === 'step' ? [event] : []));
  return {
    steps: done.map(({ step }) => `${step.kind} ${step.outcome}`),
    reasons: done.flatMap(({ reasons }) => reasons.map(({ code, weight, message }) => `${code} ${weight}: ${message}`)),
  };
}

describe('the load test', () => {
  it('takes a good patch through all of its life and leaves nothing behind', async () => {
    const [previous, next] = [await put('lp_old'), await put('lp_new')];
    const outcome = await run({ kind: 'applies', replace: true }, { previous, next });
    expect(outcome.reasons).toEqual([]);
    expect(outcome.steps).toEqual(steps.map(({ kind }) => `${kind} ok`));
    expect(kernel.modules).toEqual([]);
  });

  it('tells what was left out, without a word against the patch', async () => {
    const outcome = await run({ kind: 'applies' });
    expect(outcome.reasons.map((reason) => reason.split(':', 1)[0])).toEqual([
      'STEP_NOT_RUN notes',
      'STEP_NOT_RUN notes',
    ]);
    expect(outcome.steps).toContain('replace-next not-run');
    expect(outcome.steps.at(-1)).toBe('health ok');
    expect(kernel.modules).toEqual([]);
  });

  it('takes patches that do not replace each other off in their order', async () => {
    const outcome = await run({ kind: 'applies' }, { previous: await put('lp_old'), next: await put('lp_new') });
    expect(outcome.reasons).toEqual([]);
    expect(kernel.modules).toEqual([]);
  });

  it('names the task that holds a transition up, reverses it and stops', async () => {
    const outcome = await run({ kind: 'stalls', tasks: [{ comm: 'sleeper', stack: ['do_wait'] }] });
    expect(outcome.reasons).toEqual([
      expect.stringMatching(/^TRANSITION_STALLED fails: .*sleeper .*It was reversed\.$/),
    ]);
    expect(outcome.steps).toContain('transition failed');
    expect(outcome.steps).toContain('unload not-run');
  });

  it('hands on what the kernel says to a patch that it does not take', async () => {
    const outcome = await run({ kind: 'rejects', errno: 'ENOENT' });
    expect(outcome.reasons).toEqual([expect.stringMatching(/^LOAD_REFUSED fails: /)]);
    expect(outcome.steps.filter((step) => step.endsWith('not-run'))).toHaveLength(steps.length - 2);
  });

  it('finds a fault in the log of the step in which it came', async () => {
    const outcome = await run({ kind: 'oopses', afterMs: 0 });
    expect(outcome.reasons[0]).toMatch(/^KERNEL_INCIDENT fails: .*attribution strong/);
  });
});
