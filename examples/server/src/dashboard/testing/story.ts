import { defaultPlan } from '@klpkit/rollout';
import { type Harness, startHarness, until } from '../../testing/harness.ts';
import { crash, type Fleet, publishFleet } from './fleet.ts';

/** Who signs in. */
export const people = {
  operator: { name: 'ada', password: 'a long password of ada' },
  viewer: { name: 'vito', password: 'a long password of vito' },
} as const;

/** Makes the people; in a test of its own server. */
export async function addPeople(harness: Harness): Promise<void> {
  for (const [role, person] of Object.entries(people))
    await harness.ask('POST', '/v1/admin/users', { body: { ...person, role } });
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A server where some patches go well, one was paused by a person, and one was halted by the gate an hour ago. */
export async function tellStory(): Promise<{ harness: Harness; halted: string }> {
  let now = Date.now() - 70 * hourMs;
  const clock = (): number => now;
  const harness = await startHarness({
    clock,
    plan: defaultPlan,
    gate: { intervalMs: 50 },
    limits: { signInsPerMinute: 100 },
  });
  await addPeople(harness);
  const pass = async (ms: number): Promise<void> => {
    now += ms;
    await new Promise((resolve) => setTimeout(resolve, 150));
  };
  const promote = (key: string, note: string): Promise<unknown> =>
    harness.ask('POST', `/v1/admin/rollouts/${key}/events`, { body: { type: 'promote', note, override: true } });
  const publish = (name: string, version: string, kernel: string, fixes: string[]): Promise<Fleet> =>
    publishFleet(harness, { name, version, kernel, fixes }, clock);

  const everywhere = await publish('cve-2026-1013', '2', '6.1.0-55-amd64', ['CVE-2026-1013']);
  for (let tier = 1; tier < 4; tier += 1) await everywhere.report(everywhere.good(40));
  await pass(hourMs);
  await walk(everywhere, { pass, promote, hours: 30 });

  const steady = await publish('cve-2026-1620', '1', '6.12.41-amd64', ['CVE-2026-1620', 'CVE-2026-1655']);
  await walk(steady, { pass, promote, hours: 26 });

  const odd = await publish('net-sched-fixes', '3', '6.1.0-56-amd64', ['CVE-2026-1701']);
  await odd.report(odd.good(30), odd.check(12, { reason: 'maintenance-window' }));
  await harness.ask('POST', `/v1/admin/rollouts/${odd.key}/events`, {
    body: { type: 'pause', note: 'Two graphs of the storage cluster look odd. Looking into it.' },
  });

  const halted = await publish('nf-tables-uaf', '1', '6.1.0-56-amd64', ['CVE-2026-1741', 'CVE-2026-1742']);
  await halt(halted, { pass, promote });
  await until(async () => (await halted.view()).blocked !== null);
  await publish('nf-tables-uaf', '2', '6.1.0-56-cloud-amd64', ['CVE-2026-1741']);
  await pass(20 * minuteMs);
  return { harness, halted: halted.key };
}

interface Walk {
  readonly pass: (ms: number) => Promise<void>;
  readonly promote: (key: string, note: string) => Promise<unknown>;
}

async function walk(fleet: Fleet, { pass, promote, hours }: Walk & { hours: number }): Promise<void> {
  for (let hour = 0; hour < hours; hour += 2) {
    await pass(2 * hourMs);
    await fleet.report(fleet.good(20 + hour), fleet.check(9, { reason: 'not-in-phase' }));
    if (hour === 8 || hour === 16) await promote(fleet.key, 'evidence looks good');
  }
}

async function halt(fleet: Fleet, { pass, promote }: Walk): Promise<void> {
  for (let step = 0; step < 10; step += 1) {
    await pass(18 * minuteMs);
    await fleet.report(fleet.good(8 + step * 3));
  }
  await promote(fleet.key, 'clean in internal');
  for (let step = 0; step < 6; step += 1) {
    await pass(10 * minuteMs);
    await fleet.report(
      fleet.good(12),
      fleet.check(7, { reason: 'not-in-phase' }),
      fleet.check(2, { reason: 'low-battery' }),
    );
  }
  const stall = {
    phase: 'transition',
    code: 'STALLED',
    errno: 'EBUSY',
    stalledTasks: ['kworker/u8:2', 'qemu-system-x86'],
  };
  for (let step = 0; step < 5; step += 1) {
    await pass(4 * minuteMs);
    await fleet.report(
      fleet.good(3),
      fleet.bad(step + 1, step === 2 ? stall : crash),
      fleet.bad(step > 2 ? 1 : 0, stall),
    );
  }
}
