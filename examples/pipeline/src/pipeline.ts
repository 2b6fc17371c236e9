import { copyFile, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseReport } from '@klpkit/qualify';
import { buildPatch, patchedText, patchModule, prepareTeam, type Team } from './kernel.ts';
import { runMachine } from './machine.ts';
import { expect, klpkit, must, type PipelineRun } from './steps.ts';

const record = fileURLToPath(new URL('../data/CVE-2026-99001.json', import.meta.url));
const tests = fileURLToPath(new URL('../tests', import.meta.url));
const release = 'klpkit-demo-1.0';

/** A CVE from its record to a patched machine. Stops with an error at the first thing that is not as it should be. */
export async function runPipeline(run: PipelineRun): Promise<void> {
  const team = await prepareTeam(run);
  const cve = await decide(team, run);
  run.say('\n2. Somebody writes the patch, for exactly this kernel.');
  const built = basename(await buildPatch(team, run));
  await qualifyAndSign(built, team, run);
  await publish(run, cve);
  run.say('\n6. A machine of the fleet takes it.');
  const machine = await runMachine(team, run);
  expect('/proc/cmdline was not patched before', !machine.cmdlineBefore.includes('KLPKIT'), machine.cmdlineBefore, run);
  expect('the kernel has the one patch', machine.patches.join(' ') === patchModule, machine.patches, run);
  expect('/proc/cmdline shows the patched text', machine.cmdlineAfter === patchedText, machine.cmdlineAfter, run);
}

async function decide({ kernel }: Team, run: PipelineRun): Promise<string> {
  run.say('\n1. A record comes in. Does it deserve a livepatch?');
  await copyFile(record, join(run.folder, basename(record)));
  const row = must(await klpkit(run, 'triage', basename(record), '--kernel', kernel.release));
  expect(`${String(row['cve'])} is eligible, ${String(row['priority'])}`, row['eligible'] === true, row, run);
  return String(row['cve']);
}

async function qualifyAndSign(built: string, { kernel }: Team, run: PipelineRun): Promise<void> {
  run.say('\n3. Does it hold? Loaded in a machine of its own, tests compared, the result signed.');
  const signing = ['--key', 'module.pem', '--cert', 'module.crt'];
  const on = ['--kernel', `linux-image-${kernel.release}`, '--tests', tests, '--runs', '12'];
  const evidence = ['--evidence-key', 'evidence.pem', '--out', 'qualified'];
  const qualified = must(await klpkit(run, 'qualify', built, ...on, ...signing, ...evidence));
  expect('the patch qualifies', qualified['verdict'] === 'pass', qualified, run);

  run.say('\n4. Sign it. The evidence is about exactly these bytes.');
  const signed = must(await klpkit(run, 'sign', built, ...signing, '--hash', 'sha256', '--out', 'signed.ko'));
  const report = parseReport(await readFile(join(run.folder, 'qualified/report.json'), 'utf8'));
  expect('what was qualified is what is shipped', signed['sha256'] === report.patch.sha256, signed, run);
}

/** The repository itself demands evidence by this key from now on: a release without it is refused, with it it is published and opened to all. */
async function publish(run: PipelineRun, cve: string): Promise<void> {
  run.say('\n5. Publish it: only with evidence, then roll it out.');
  const keys = ['--keys', 'keys'];
  must(await klpkit(run, 'repo', 'init', 'repository', ...keys));
  must(
    await klpkit(run, 'repo', 'policy', 'repository', ...keys, '--require-evidence', '--evidence-key', 'evidence.pub'),
  );
  const subject = ['repository', 'signed.ko', '--release', release, '--fixes', cve];
  const add = ['repo', 'add', ...subject, ...keys, '--cert', 'module.crt'];
  const refused = await klpkit(run, ...add);
  expect('without evidence it is refused', refused.exit === 1, refused, run);
  must(await klpkit(run, ...add, '--evidence', 'qualified/evidence.json'));
  must(await klpkit(run, 'repo', 'rollout', 'repository', release, ...keys, '--tier', 'updates', '--percent', '100'));
}
