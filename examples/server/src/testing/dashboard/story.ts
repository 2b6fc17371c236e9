import { defaultPlan } from '@klpkit/rollout';
import { type Harness, startHarness, until } from '../harness.ts';
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
  let now = Date.now() - 48 * hourMs;
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
  const { json: token } = await harness.ask('POST', '/v1/admin/tokens', { body: { name: 'ada', role: 'operator' } });
  const act = async (key: string, body: object): Promise<void> => {
    const path = `/v1/admin/rollouts/${key}/events`;
    const { status, bytes } = await harness.ask('POST', path, { body, token: token.token });
    if (status !== 200) throw new Error(bytes.toString());
  };
  const publish = (name: string, version: string, kernel: string, fixes: string[]): Promise<Fleet> =>
    publishFleet(harness, { name, version, kernel, fixes }, clock);

  const telling: Telling = { pass, act };
  const everywhere = await publish('cve-2026-1013', '2', '6.1.0-55-amd64', ['CVE-2026-1013']);
  await walk(everywhere, telling, [
    'internal',
    'proposed',
    'updates',
    'updates',
    'updates',
    'updates',
    'updates',
    'stable',
  ]);
  const steady = await publish('cve-2026-1620', '1', '6.12.41-amd64', ['CVE-2026-1620', 'CVE-2026-1655']);
  await walk(steady, telling, ['internal', 'proposed', 'updates', 'updates', 'updates']);

  const odd = await publish('net-sched-fixes', '3', '6.1.0-56-amd64', ['CVE-2026-1701']);
  await odd.report(odd.good(30), odd.check(12, { reason: 'maintenance-window' }));
  await act(odd.key, { type: 'pause', note: 'Two graphs of the storage cluster look odd. Looking into it.' });

  const halted = await publish('nf-tables-uaf', '1', '6.1.0-56-amd64', ['CVE-2026-1741', 'CVE-2026-1742']);
  await halt(halted, telling);
  await until(async () => (await halted.view()).blocked !== null);
  await pass(20 * minuteMs);
  await publish('nf-tables-uaf', '2', '6.1.0-56-cloud-amd64', ['CVE-2026-1741']);
  await pass(20 * minuteMs);
  return { harness, halted: halted.key };
}

interface Telling {
  readonly pass: (ms: number) => Promise<void>;
  readonly act: (key: string, body: object) => Promise<void>;
}

/** Machines of each tier in turn report good ends; a person opens what comes next. */
async function walk(fleet: Fleet, { pass, act }: Telling, steps: readonly string[]): Promise<void> {
  for (const [index, tier] of steps.entries()) {
    fleet.tier = tier;
    for (let part = 0; part < 3; part += 1) {
      await pass(hourMs);
      await fleet.report(fleet.good(20 + 4 * index), fleet.check(9, { reason: 'not-in-phase' }));
    }
    const next = steps[index + 1];
    if (next === undefined) return;
    const type = next === tier ? 'advance' : 'promote';
    await act(fleet.key, { type, note: 'Evidence and graphs look good.', override: true });
  }
}

async function halt(fleet: Fleet, { pass, act }: Telling): Promise<void> {
  for (let step = 0; step < 10; step += 1) {
    await pass(18 * minuteMs);
    await fleet.report(fleet.good(8 + step * 3));
  }
  await act(fleet.key, { type: 'promote', note: 'Clean in internal.', override: true });
  fleet.tier = 'proposed';
  for (let step = 0; step < 6; step += 1) {
    await pass(10 * minuteMs);
    await fleet.report(
      fleet.good(12),
      fleet.check(7, { reason: 'not-in-phase' }),
      fleet.check(2, { reason: 'maintenance-window' }),
    );
  }
  const stalledTasks = ['kworker/u8:2', 'qemu-system-x86'];
  const stall = { phase: 'transition', code: 'STALLED', errno: 'EBUSY', stalledTasks };
  for (let step = 0; step < 5; step += 1) {
    await pass(4 * minuteMs);
    const amd = { ...crash, cpuFamily: 'amd-25' };
    const intel = { ...crash, cpuFamily: 'intel-6' };
    const stalls = fleet.bad(step > 2 ? 1 : 0, { ...stall, cpuFamily: 'intel-6' });
    await fleet.report(fleet.good(3), fleet.bad(step + 1, amd), fleet.bad(step === 4 ? 1 : 0, intel), stalls);
  }
}
