import { makeAuthority } from '@klpkit-internal/testkit';
import { demoPlan, demoSchedule } from './demo-plan.ts';
import { createExpectations, type Expectations } from './expectations.ts';
import type { DemoRun } from './fleet-demo.ts';
import { type Host, startHost } from './host.ts';
import { type DemoPatch, signPatch } from './patches.ts';
import { until } from './until.ts';
import { buildDemoPatch, kernelThatTrusts, prepareDemoKernel } from './vm-kernel.ts';
import { hostSeenFromVm, runVmMachine, type VmMachineResult } from './vm-machine.ts';

/** What the patched function prints, in place of the kernel's command line. */
const PATCHED_TEXT = 'KLPKIT-PATCHED: klpkit_demo 1.0 is applied';

/** The story on one real machine; true if everything happened as it should. */
export async function runVmDemo(run: DemoRun): Promise<boolean> {
  const { progress, folder, signal } = run;
  const stock = await prepareDemoKernel(signal);
  const authority = makeAuthority({ algorithm: 'rsa-4096', name: 'klpkit demo' });
  const module = await buildDemoPatch(stock, folder.path, signal);
  const patch = await signPatch(module, authority, { name: 'klpkit-demo', version: '1.0', fixes: [] });
  progress.say(
    `Signed ${patch.module}.ko (${stock.release}) with a key made for this run, and made the kernel trust it.`,
  );
  const kernel = await kernelThatTrusts(stock, authority, folder.path, signal);
  const host = await startHost({
    folder: folder.path,
    trust: authority.certificate,
    plan: demoPlan,
    names: [hostSeenFromVm],
    signal,
  });
  try {
    progress.say(`The example server answers on ${host.url}, in the machine on ${hostSeenFromVm}.`);
    await host.admin.publish(patch.release, patch.bytes);
    const result = await runVmMachine({
      serverUrl: host.url,
      ca: host.ca,
      trust: authority.certificate,
      tier: 'updates',
      healthDelaysMs: demoSchedule(run.options.speed).healthDelaysMs,
      kernel,
      folder: folder.path,
      onLine: ({ from, line }) => progress.say(`${from.padEnd(6)} | ${line}`),
      signal,
    });
    return await judge(result, patch, host, run);
  } finally {
    await host.close();
  }
}

async function judge(
  result: VmMachineResult,
  patch: DemoPatch,
  host: Host,
  { progress, signal }: DemoRun,
): Promise<boolean> {
  const expect: Expectations = createExpectations();
  expect.equal('the machine ran the kernel that the patch is for', result.release, patch.release.kernel);
  expect.truthy('/proc/cmdline was not patched before', !result.cmdlineBefore.includes('KLPKIT'), result.cmdlineBefore);
  expect.equal('the client ended well', result.exitCode, 0);
  expect.equal('the kernel has the one patch', result.patches.join(' '), patch.module);
  expect.equal('/proc/cmdline shows the patched text', result.cmdlineAfter, PATCHED_TEXT);
  const counted = await until(async () => (await host.admin.report(patch.key)).evidence.n === 1, signal);
  expect.truthy('the server counted the machine', counted);
  progress.say(`/proc/cmdline before: ${result.cmdlineBefore}`);
  progress.say(`/proc/cmdline after:  ${result.cmdlineAfter}`);
  progress.say(`${await host.admin.pings(patch.key)} pings came from the machine.`);
  for (const { what, held, seen } of expect.all()) progress.say(held ? `yes  ${what}` : `NO   ${what}: ${seen}`);
  return expect.all().every(({ held }) => held);
}
