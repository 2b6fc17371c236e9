import { createWriteStream } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startServer } from '@klpkit-examples/server';
import { onlineRoles } from '@klpkit/repository';
import type { RolloutPlan } from '@klpkit/rollout';
import type { TestAuthority } from '@klpkit-internal/testkit';
import { type FleetReport, openOperator } from './operator.ts';
import type { PipelineRun } from './steps.ts';

/** The fleet of this example is one machine in one tier, so there is one phase. */
const plan: RolloutPlan = {
  tiers: [
    { tier: 'updates', promotion: 'person', phases: [{ microPercent: 100_000_000, minSoakMs: 12 * 60 * 60_000 }] },
  ],
};
/** The host's loopback as a machine in QEMU sees it (user-mode network): nothing leaves this host. */
const hostSeenFromMachine = '10.0.2.2';
/** How often the server looks for what was added with the offline keys, in place of every ten seconds. */
const lookMs = 500;

/** The example server as a team runs it: it signs the repository with the online keys, serves it, and counts what machines report. */
export interface Service extends AsyncDisposable {
  /** Where machines find it. */
  readonly machineUrl: string;
  /** PEM of the authority behind its certificate. */
  readonly ca: string;
  /** What it makes of a release; `null` while it does not know it. */
  report(release: string): Promise<FleetReport | null>;
}

/**
 * Starts it on the loopback, with a database of its own. It is given the online keys and no others, so whoever takes it over can stop a
 * release and publish none.
 */
export async function startService(authority: TestAuthority, { folder, signal }: PipelineRun): Promise<Service> {
  const keys = join(folder, 'online-keys');
  await mkdir(keys, { mode: 0o700 });
  for (const role of onlineRoles) await copyFile(join(folder, 'keys', `${role}.pem`), join(keys, `${role}.pem`));
  const logTo = createWriteStream(join(folder, 'server.log'));
  const server = await startServer(
    {
      stateDir: join(folder, 'server'),
      port: 0,
      trustCertificates: [authority.certificate],
      plan,
      gate: { provenBy: 0 }, // the first look at the log; the default schedule's last is a quarter of an hour later
      repository: { folder: join(folder, 'repository'), keys, intervalMs: lookMs },
      tls: { names: [hostSeenFromMachine] },
      logLevel: 'warn',
    },
    { signal, logTo },
  );
  const machineUrl = new URL(server.url);
  machineUrl.hostname = hostSeenFromMachine;
  const operator = openOperator({ url: server.url, ca: server.certificate, token: server.adminToken ?? '' });
  return {
    machineUrl: machineUrl.origin,
    ca: server.certificate,
    report: (release) => operator.report(release),
    async [Symbol.asyncDispose]() {
      operator.close();
      await server.close();
      logTo.end();
    },
  };
}
