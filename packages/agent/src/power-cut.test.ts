import type { Ping } from '@klpkit/pings';
import { expect, it } from 'vitest';
import type { KillChildEnd } from './kill-child.fixture.ts';
import { courses, makeMachine } from './kill-courses.fixture.ts';
import { runProcess } from './kill-process.fixture.ts';
import type { TestMachine } from './test-machine.fixture.ts';

const whole = ['before', 'after', 'health-0', 'health-1', 'health-2', 'health-3'];

/** What the server was told of each attempt, in order. */
function attemptsOf({ server }: TestMachine): readonly (readonly string[])[] {
  const told = server.pings.filter(({ kind }) => kind !== 'check' && kind !== 'transition');
  return [...Map.groupBy(told, ({ attemptId }) => attemptId).values()].map((pings) => pings.map(nameOf));
}

function nameOf(ping: Ping): string {
  if (ping.kind === 'health') return `health-${ping.index}`;
  return ping.kind === 'error' ? `error ${ping.code}` : ping.kind;
}

/** What must be known in the end of a course that was cut before its n-th effect. */
function expectedAfter(
  effects: readonly string[],
  at: number,
): { state: string; attempts: readonly (readonly string[])[] } {
  const before = effects.slice(0, at);
  if (!before.includes('open-record')) return { state: 'healthy', attempts: [whole] };
  const said = before.filter((kind) => kind === 'report').length;
  // The record vouches for the before-ping: it is told late where the power went between the two.
  return { state: 'blocked', attempts: [[...whole.slice(0, Math.max(1, said)), 'error CRASHED']] };
}

it('the power goes before each effect of a course: the state is right at the next boot, and no ping is lost or counted twice', {
  timeout: 900_000,
}, async () => {
  await using undisturbed = await makeMachine(courses.good);
  const { effects } = (await runProcess(undisturbed)) as KillChildEnd;
  expect(attemptsOf(undisturbed)).toEqual([whole]);
  for (const [dieAt, effect] of effects.entries()) {
    await using machine = await makeMachine(courses.good);
    expect(await runProcess(machine, { dieAt })).toBeUndefined();
    await machine.powerOn();
    const end = await runProcess(machine);
    const at = `before ${dieAt} ${effect}`;
    expect({ at, state: end?.state, attempts: attemptsOf(machine) }).toEqual({ at, ...expectedAfter(effects, dieAt) });
    expect(new Set(machine.server.pings.map(({ id }) => id)).size).toBe(machine.server.pings.length);
  }
});
