import type { FakeCourse } from '@klpkit/kernel/testing';
import { forceAcceptance } from '@klpkit/kernel';
import type { Effect } from './effect.ts';
import { runProcess } from './kill-process.fixture.ts';
import type { AgentPolicy } from './ports.ts';
import { makeTestMachine, type TestMachine } from './test-machine.fixture.ts';
import { makeRelease, type TestRelease } from './test-release.fixture.ts';

/** A life of a machine up to the process that is to be killed in it. */
export interface KillCourse {
  readonly name: string;
  /** What the insertions of this machine come to. */
  readonly kernel: FakeCourse;
  readonly policy?: AgentPolicy;
  /** Share of the machines that the release is for; all unless told. */
  readonly microPercent?: number;
  /** What happened before the process begins. */
  readonly before?: (machine: TestMachine, release: TestRelease) => Promise<void>;
}

const applies: FakeCourse = { kind: 'applies', afterMs: 5 };
const stalls: FakeCourse = { kind: 'stalls', tasks: [{ comm: 'nfsd' }] };

let goodCourse: Promise<readonly string[]> | undefined;

/** The effects of a course that goes well; the same in every run. */
async function effectsOfGoodCourse(): Promise<readonly string[]> {
  await using machine = await makeMachine(courses.good);
  return (await runProcess(machine))?.effects ?? [];
}

/** Runs an agent and kills it before the first effect of this kind. */
async function dieBefore(kind: Effect['kind'], machine: TestMachine): Promise<void> {
  goodCourse ??= effectsOfGoodCourse();
  await runProcess(machine, { dieAt: (await goodCourse).indexOf(kind) });
}

/** The lives that are tried. */
export const courses = {
  good: { name: 'a patch that goes well', kernel: applies },
  oopses: { name: 'a patch that oopses', kernel: { kind: 'oopses', afterMs: 5 } },
  rejected: { name: 'a patch that the kernel refuses', kernel: { kind: 'rejects', errno: 'EKEYREJECTED' } },
  reversed: { name: 'a stalled transition that is turned round', kernel: stalls },
  forced: { name: 'a stalled transition that is forced', kernel: stalls, policy: { forceStalled: forceAcceptance } },
  control: { name: 'a control pair', kernel: applies, policy: { control: true }, microPercent: 0 },
  disabled: {
    name: 'a patch in force that is blocked with "disable"',
    kernel: applies,
    async before(machine, { release }) {
      await runProcess(machine);
      machine.server.block({ release: `${release.name}-${release.version}`, action: 'disable' });
    },
  },
  crashed: {
    name: 'a machine that went down in the soak',
    kernel: applies,
    async before(machine) {
      await dieBefore('examine', machine);
      machine.kernel.panic();
      await machine.powerOn();
    },
  },
  diedBefore: {
    name: 'an agent that died before the insertion',
    kernel: applies,
    before: (machine) => dieBefore('insert', machine),
  },
} as const satisfies Readonly<Record<string, KillCourse>>;

/** In which life each effect of the machine is met. The compiler keeps it complete: an effect without a life does not compile. */
export const metIn = {
  ask: 'good',
  look: 'crashed',
  'ask-blocklist': 'good',
  download: 'good',
  verify: 'good',
  'open-record': 'good',
  'advance-record': 'good',
  'close-record': 'good',
  'close-crash': 'crashed',
  'note-boot': 'good',
  'await-insertion': 'diedBefore',
  force: 'forced',
  'open-control': 'control',
  'examine-control': 'control',
  report: 'good',
  deliver: 'good',
  insert: 'good',
  observe: 'good',
  reverse: 'reversed',
  examine: 'good',
  disable: 'disabled',
} as const satisfies Readonly<Record<Effect['kind'], keyof typeof courses>>;

/** A machine at the point where the process begins. */
export async function makeMachine(course: KillCourse): Promise<TestMachine> {
  const machine = await makeTestMachine(course.kernel);
  const release = await makeRelease();
  machine.server.publish(release.release, release.bytes, course.microPercent);
  await course.before?.(machine, release);
  return machine;
}
