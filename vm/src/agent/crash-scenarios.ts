import type { ErrorPing } from '@klpkit/pings';
import type { Vm } from '@klpkit/vm';
import { expect } from 'vitest';
import type { AgentRun } from './guest-agent.ts';
import { type GuestOrder, troubles } from './order.ts';
import type { attemptsOf } from './power-cuts.ts';

/** What a scenario works with: a server of its own, and machines that reach it. */
export interface Stage {
  /** A machine with a fresh state disk that comes back from a panic, and pstore with it. */
  readonly boot: (name: string) => Promise<Vm>;
  /** One machine that all scenarios share which leave it as they found it but for patches. */
  readonly common: () => Promise<Vm>;
  /** One run of the agent in a machine. */
  readonly live: (vm: Vm, name: string, order?: Partial<GuestOrder>) => Promise<AgentRun>;
  /** Offers a livepatch to everybody, in all offers but the first so many; gives its release's key. */
  readonly publish: (module: string, version: string, hiddenOffers?: number) => Promise<string>;
  /** The error pings so far. */
  readonly errors: () => readonly ErrorPing[];
  /** The pings of each attempt so far. */
  readonly attempts: () => ReturnType<typeof attemptsOf>;
}

/** Plays it and judges it. */
export type Scenario = (stage: Stage) => Promise<void>;

/** Health checks that are not over when a fuse of 20 s has burnt down. */
const slowSoak = [0, 1000, 2000, 30_000] as const;
/** A reboot, on a host that may be five times slower. */
const rebootMs = 600_000;

async function panicsAtLoad({ boot, live, publish, errors }: Stage): Promise<void> {
  const bad = await publish('klpkit_init_panics', '1');
  await publish('klpkit_cmdline_1', '2', 2);
  await using vm = await boot('panic-at-load');
  const back = vm.rebooted({ timeoutMs: rebootMs });
  expect((await live(vm, 'panic-at-load')).exit).toBe('panicked');
  await back;
  const after = await live(vm, 'panic-at-load-after', { checks: 2 });
  expect(after.states[0]).toBe('crashed');
  expect(after.calls).toEqual(['idle', 'blocked suspect-crashed', 'healthy']);
  expect([after.patches, after.cmdline]).toEqual([['klpkit_cmdline_1'], 'KLPKIT-MARKER-1']);
  expectPanic(errors(), bad);
}

async function panicsLater({ boot, live, publish, errors }: Stage): Promise<void> {
  await publish('klpkit_cmdline_1', '1');
  const bad = await publish('klpkit_late_panics', '2', 1);
  await publish('klpkit_cmdline_2', '3', 3);
  await using vm = await boot('late-panic');
  const back = vm.rebooted({ timeoutMs: rebootMs });
  const down = await live(vm, 'late-panic', { healthDelaysMs: slowSoak, checks: 2 });
  expect([down.exit, down.calls, down.states.at(-1)]).toEqual(['panicked', ['idle', 'healthy'], 'soaking']);
  await back;
  const after = await live(vm, 'late-panic-after', { checks: 2 });
  expect(after.states[0]).toBe('crashed');
  expect(after.calls).toEqual(['healthy', 'blocked suspect-crashed', 'healthy']);
  expect([after.patches.includes('klpkit_late_panics'), after.cmdline]).toEqual([false, 'KLPKIT-MARKER-2']);
  expectPanic(errors(), bad);
}

async function oopsesLater({ boot, live, publish, errors }: Stage): Promise<void> {
  const bad = await publish('klpkit_trap', '1');
  await using vm = await boot('oops');
  const run = await live(vm, 'oops', { springTrap: true, checks: 2 });
  expect(run.calls).toEqual(['idle', 'applied-with-bug', 'blocked suspect-bug']);
  const title = expect.stringContaining('klpkit_trap') as string;
  expect(errors()).toMatchObject([
    { release: bad, phase: 'health', incidents: [{ kind: 'fault', attribution: 'strong', title }] },
  ]);
  await reboot(vm);
  const after = await live(vm, 'oops-after');
  expect([after.calls, after.patches]).toEqual([['idle', 'blocked suspect-bug'], []]);
  expect(errors()).toHaveLength(1);
}

async function oopsesInInit({ boot, live, publish, errors }: Stage): Promise<void> {
  const bad = await publish('klpkit_init_oopses', '1');
  await publish('klpkit_cmdline_1', '2', 1);
  await using vm = await boot('init-oops');
  const run = await live(vm, 'init-oops', { checks: 2 });
  expect(run.calls).toEqual(['idle', 'inserter-died', 'held reboot-needed']);
  expect(errors()).toMatchObject([{ release: bad, phase: 'insert', code: 'INSERTER_DIED' }]);
  await reboot(vm);
  const next = await live(vm, 'init-oops-next');
  expect([next.calls, next.patches]).toEqual([['idle', 'healthy'], ['klpkit_cmdline_1']]);
}

async function stalls({ common, live, publish, errors }: Stage): Promise<void> {
  await publish('klpkit_stall', '1');
  const run = await live(await common(), 'stall', { stall: 'root' });
  expect([run.calls, run.patches]).toEqual([['idle', 'reversed'], []]);
  expect(errors()).toMatchObject([{ phase: 'transition', code: 'STALLED', stalledTasks: ['cat'] }]);
  expect(troubles(run.lines)).not.toContainEqual(expect.stringMatching(/^TASKS_UNSEEN/));
}

/** The machine's first patch was told as stalled; this one is another to it, so it is tried like the first. */
async function stallsUnseen({ common, live, publish, errors }: Stage): Promise<void> {
  await publish('klpkit_stall', '2');
  const run = await live(await common(), 'stall-unseen', { stall: 'nobody' });
  expect([run.calls, run.patches]).toEqual([['idle', 'reversed'], []]);
  expect(errors()).toMatchObject([{ phase: 'transition', code: 'STALLED', stalledTasks: [] }]);
  expect(troubles(run.lines)).toContainEqual(expect.stringMatching(/^TASKS_UNSEEN .*CAP_DAC_READ_SEARCH/));
}

function expectPanic(errors: readonly ErrorPing[], release: string): void {
  expect(errors).toMatchObject([{ release, phase: 'reboot', code: 'CRASHED', late: true }]);
  const [incident] = errors[0]?.incidents ?? [];
  expect(incident).toMatchObject({ kind: 'panic' });
  expect(incident?.title).toContain('the fuse of this livepatch has burnt down');
}

/** Without a word to anybody, as a reset button does: nothing was open. The program ends first, as nothing tells the end of one that goes with its machine. */
async function reboot(vm: Vm): Promise<void> {
  const back = vm.rebooted({ timeoutMs: rebootMs });
  await vm.run(['sh', '-c', 'sync; (sleep 1; exec reboot -f) >/dev/null 2>&1 &']);
  await back;
}

/** Patches that take the machine or their inserter down, or do not come through; the name says what is expected. */
export const crashScenarios: readonly (readonly [string, Scenario])[] = [
  [
    'that panics at load is not inserted again; the late ping has the panic, and the next version is taken',
    panicsAtLoad,
  ],
  ['that panics 20 s after the load is told apart from the proven one before it, which is put back', panicsLater],
  ['whose code oopses is found, attributed and told, and not applied again after a reboot', oopsesLater],
  ['whose init oopses leaves an undead inserter: nothing more is inserted until a reboot', oopsesInInit],
  ['whose transition stalls is turned round at the deadline, and the task is named', stalls],
  ['that a task of another user holds up is turned round, and that nobody could see the task is told', stallsUnseen],
];
