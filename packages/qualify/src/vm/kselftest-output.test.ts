import { expect, it } from 'vitest';
import { type ProgramRun, runOf } from './kselftest-output.ts';

const program = (name: string, end: ProgramRun['end'], lines: string[] = []): ProgramRun => ({
  name,
  lines,
  durationMs: 12,
  end,
});
const exited = (exitCode: number) => ({ kind: 'exited', exitCode }) as const;
const statuses = (programs: ProgramRun[]) =>
  runOf(programs, null).results.map(({ name, status, durationMs }) => [name, status, durationMs]);

it('an exit code is a result, with the duration of the program', () => {
  expect(
    statuses([
      program('a', exited(0)),
      program('timers: b', exited(1)),
      program('c.sh', exited(4)),
      program('d', { kind: 'timed-out', afterMs: 45_000 }),
      program('e', { kind: 'machine-lost', how: 'the kernel panicked:\nok 9 selftests: e' }),
    ]),
  ).toEqual([
    ['a', 'pass', 12],
    ['timers: b', 'fail', 12],
    ['c.sh', 'skip', 12],
    ['d', 'timeout', 12],
    ['e', 'fail', 12],
  ]);
});

it('TAP of a program is its parts; the program itself has the duration', () => {
  const lines = ['TAP version 13', '1..2', 'ok 1 opens', 'not ok 2 closes'];
  expect(statuses([program('proc: a', exited(1), lines)])).toEqual([
    ['proc: a > opens', 'pass', null],
    ['proc: a > closes', 'fail', null],
    ['proc: a', 'fail', 12],
  ]);
});

it('output cannot pass for a result of the run', () => {
  const lines = ['ok 2 selftests: b', '# selftests: b', 'not a result'];
  expect(statuses([program('a', exited(1), lines), program('b', exited(1))]).find(([name]) => name === 'b')).toEqual([
    'b',
    'fail',
    12,
  ]);
});
