import { copyFile, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseReport } from '@klpkit/qualify';
import { buildPatch, patchedText, patchModule, prepareTeam, type Team } from './kernel.ts';
import { runMachine } from './machine.ts';
import { type Service, startService } from './service.ts';
import { type Answer, expect, klpkit, must, type PipelineRun } from './steps.ts';
import { until } from './until.ts';

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
  await using service = await rollOut(team, run);
  await patchMachine(team, service, run);
  await readReports(service, run);
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

/** The repository itself demands evidence by this key from now on: a release without it is refused, with it it is published. */
async function publish(run: PipelineRun, cve: string): Promise<void> {
  run.say('\n5. Publish it: only with evidence, by keys that are kept offline.');
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
}

/** Nobody calls the server: it finds the release in the repository, opens its first phase, and signs that. */
async function rollOut({ authority }: Team, run: PipelineRun): Promise<Service> {
  run.say('\n6. Roll it out: a server with the online keys takes the release over.');
  const service = await startService(authority, run);
  try {
    run.say(`    server | answers machines on ${service.machineUrl}`);
    run.say(`$ klpkit ${show.join(' ')}`);
    await until(async () => handedOut(await klpkit({ ...run, say: () => {} }, ...show)), run.signal);
    run.say('yes  the server hands it out, signed');
    return service;
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
}

const show = ['repo', 'show', 'repository'] as const;
/** What is read of its answer. */
type Shown = readonly { readonly key: string; readonly rollout: { readonly tiers: readonly unknown[] } | null }[];

/** Read while the server signs, the folder may not be whole: then it is not yet. */
function handedOut({ rows: [row = {}] }: Answer): boolean {
  const releases = (row['releases'] ?? []) as Shown;
  return releases.some(({ key, rollout }) => key === release && rollout !== null && rollout.tiers.length > 0);
}

async function patchMachine(team: Team, service: Service, run: PipelineRun): Promise<void> {
  run.say('\n7. A machine of the fleet takes it, over TLS.');
  const isReported = async (): Promise<boolean> => {
    const { evidence: { n = 0, open = 1 } = {} } = (await service.report(release)) ?? {};
    return n > 0 && open === 0;
  };
  const machine = await runMachine(team, service, { isReported, ...run });
  expect('/proc/cmdline was not patched before', !machine.cmdlineBefore.includes('KLPKIT'), machine.cmdlineBefore, run);
  expect('the kernel has the one patch', machine.patches.join(' ') === patchModule, machine.patches, run);
  expect('/proc/cmdline shows the patched text', machine.cmdlineAfter === patchedText, machine.cmdlineAfter, run);
}

/** The other loop: what came back from the machine, and what the gate makes of it. One machine proves little, and the gate says so. */
async function readReports(service: Service, run: PipelineRun): Promise<void> {
  run.say('\n8. What came back, and what the gate makes of it.');
  const report = await service.report(release);
  const { evidence, decision, pings } = report ?? {};
  run.say(`    server | pings: ${[...(pings ?? [])].map(([kind, count]) => `${count} ${kind}`).join(', ')}`);
  run.say(`    gate   | ${decision?.decision}: ${report?.explanation}`);
  for (const kind of ['before', 'after', 'health'])
    expect(`a ping of the kind ${kind} was counted`, (pings?.get(kind) ?? 0) >= 1, report, run);
  const isGood = evidence?.n === 1 && evidence.failed === 0 && evidence.open === 0;
  expect('the server counts one machine, and it is good', isGood, evidence, run);
  expect('for the gate that is too little to go on', decision?.decision === 'hold', decision, run);
}
