import type { Ping } from '@klpkit/pings';
import { describe, expect, it } from 'vitest';
import type { KillChildEnd } from './kill-child.fixture.ts';
import { courses, type KillCourse, makeMachine, metIn } from './kill-courses.fixture.ts';
import { type DieIn, runProcess } from './kill-process.fixture.ts';
import type { TestMachine } from './test-machine.fixture.ts';

/** Forks of a process, two or three for each death, on a machine that may be slow. */
const limit = { timeout: 900_000 };

/** What must be the same whenever the agent was killed: what the kernel has, and what the server was told of each attempt. */
function resultOf({ kernel, server }: TestMachine) {
  const told = server.pings.filter(({ kind }) => kind !== 'check' && kind !== 'transition');
  const byAttempt = Map.groupBy(told, ({ attemptId }) => attemptId);
  return {
    modules: kernel.modules,
    attempts: [...byAttempt.values()].map((pings) => pings.map(nameOf)),
  };
}

function nameOf(ping: Ping): string {
  if (ping.kind === 'health') return `health-${ping.index}`;
  if (ping.kind !== 'error') return ping.kind;
  // The counter rises before the log has its text: which of the two a look finds first is chance.
  return ping.phase === 'health' ? 'error health' : `error ${ping.phase} ${ping.code}`;
}

/** The next process, to its end. */
async function liveOn(machine: TestMachine, { policy = {} }: KillCourse): Promise<void> {
  expect(await runProcess(machine, { policy })).toBeDefined();
}

type CourseName = keyof typeof courses;

/** Every effect of the good course; of the others what is met in them only, what they note of it, and their ends. */
function isWanted(name: CourseName, kind: string): boolean {
  if (name === 'good' || kind === 'close-record') return true;
  const where: Readonly<Record<string, CourseName>> = metIn;
  return where[kind] === name || (kind === 'advance-record' && (name === 'reversed' || name === 'forced'));
}

describe.each(Object.keys(courses) as CourseName[])('kill -9: %s', (name) => {
  const course: KillCourse = courses[name];
  const { policy = {} } = course;

  it('before each effect: the same in the end', limit, async () => {
    await using undisturbed = await makeMachine(course);
    const whole = (await runProcess(undisturbed, { policy })) as KillChildEnd;
    await liveOn(undisturbed, course);
    const expected = resultOf(undisturbed);
    for (const [kind, where] of Object.entries(metIn)) {
      if (where === name) expect(whole.effects).toContain(kind);
    }
    for (const [dieAt, effect] of whole.effects.entries()) {
      if (!isWanted(name, effect)) continue;
      await using machine = await makeMachine(course);
      expect(await runProcess(machine, { dieAt, policy })).toBeUndefined();
      await liveOn(machine, course);
      const at = `killed before ${dieAt} ${effect}`;
      const { modules, attempts } = resultOf(machine);
      expect({ at, modules }).toEqual({ at, modules: expected.modules });
      expect({ at, attempts }).toEqual({ at, attempts: expectedOf(name, effect, expected, attempts) });
    }
  });
});

/** A patch that the kernel refuses is tried at every check, and each attempt tells all of its course, once. What a control pair measures is silence too. */
function expectedOf(
  name: CourseName,
  effect: string,
  expected: ReturnType<typeof resultOf>,
  seen: readonly unknown[],
): readonly unknown[] {
  if (name === 'rejected') return seen.map(() => expected.attempts[0]);
  if (effect === 'examine-control') return [['control-before']];
  return expected.attempts;
}

describe('kill -9 from outside, after the work was done and before the agent heard of it', () => {
  const deaths: readonly [string, CourseName, DieIn][] = [
    ['in the insertion', 'good', { method: 'insert', number: 1 }],
    ['in the first delivery of pings', 'good', { method: 'send', number: 1 }],
    ['in the second delivery of pings', 'good', { method: 'send', number: 2 }],
    ['when the kernel turns the transition round', 'reversed', { method: 'store', number: 1 }],
    ['when the reversed module is out', 'reversed', { method: 'remove', number: 1 }],
    ['when the kernel has forced the transition', 'forced', { method: 'store', number: 1 }],
    ['when the kernel disables the blocked patch', 'disabled', { method: 'store', number: 1 }],
    ['when the blocked patch is out', 'disabled', { method: 'remove', number: 1 }],
  ];

  it.each(deaths)('%s: the same in the end', limit, async (_, name, dieIn) => {
    const course: KillCourse = courses[name];
    const { policy = {} } = course;
    await using undisturbed = await makeMachine(course);
    await runProcess(undisturbed, { policy });
    await liveOn(undisturbed, course);
    await using machine = await makeMachine(course);
    expect(await runProcess(machine, { dieIn, policy })).toBeUndefined();
    await liveOn(machine, course);
    expect(resultOf(machine)).toEqual(resultOf(undisturbed));
  });
});
