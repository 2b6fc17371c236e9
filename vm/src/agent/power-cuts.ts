import type { Ping } from '@klpkit/pings';
import type { Cut } from './order.ts';

/** One power cut in the life of a machine, and what must be true of it at the next start. */
export interface PowerCut {
  readonly point: string;
  /** The agent stands still there and the host cuts; or the server has stored the before-ping and cuts instead of answering. */
  readonly at: Cut | 'before-ping-stored';
  /** The states that the next start begins with. */
  readonly after: readonly string[];
  /** What the server knows in the end of the attempt that was cut, in order; undefined where none had begun, or the same as before. */
  readonly told?: readonly string[];
}

const inCheck = (before: string, number = 1): Cut => ({ before, number, during: 'check' });
const inStart = (before: string, number = 1): Cut => ({ before, number, during: 'start' });
const suspected = ['crashed', 'idle', 'checking', 'blocked suspect-crashed'];
const untouched = ['idle', 'checking', 'downloading'];
const crash = 'error CRASHED';

/** All that a course says that goes well. */
export const wholeCourse = ['before', 'after', 'health-0', 'health-1', 'health-2', 'health-3'] as const;

/**
 * One machine, cut at one point after the other, from the first effect of a course to its last, into the course that puts the patch back, and
 * into the report of a crash. After a cut within the record the patch is suspect, and a person clears it, so that the next course begins from
 * the same place. The two cuts outside of any record stand apart: after two in a row the agent blames the machine and no patch any more.
 */
export const powerCuts: readonly PowerCut[] = [
  { point: 'before the download', at: inCheck('download'), after: untouched },
  {
    point: 'between the record and the before-ping',
    at: inCheck('report'),
    after: suspected,
    told: ['before', crash],
  },
  {
    point: 'when the server has the before-ping and the machine has no answer',
    at: 'before-ping-stored',
    after: suspected,
    told: ['before', crash],
  },
  { point: 'before the insertion', at: inCheck('insert'), after: suspected, told: ['before', crash] },
  {
    point: 'when the kernel has the module and the agent does not know',
    at: inCheck('inserted'),
    after: suspected,
    told: ['before', crash],
  },
  {
    point: 'when the after-ping is written and the record still says inserting',
    at: inCheck('advance-record'),
    after: suspected,
    told: ['before', 'after', crash],
  },
  {
    point: 'in the middle of the soak',
    at: inCheck('examine', 3),
    after: suspected,
    told: ['before', 'after', 'health-0', 'health-1', crash],
  },
  {
    point: 'when the last check was good and nothing says so',
    at: inCheck('close-record'),
    after: suspected,
    told: ['before', 'after', 'health-0', 'health-1', 'health-2', crash],
  },
  {
    point: 'between the closed record and the last ping',
    at: inCheck('append-owed'),
    after: ['idle', 'downloading', 'verifying', 'inserting'], // proven, so it is put back
    told: wholeCourse,
  },
  {
    point: 'while the proven patch is put back',
    at: inStart('insert'),
    after: ['crashed'],
    told: ['before', crash],
  },
  { point: 'while the crash before is reported', at: inStart('close-crash'), after: suspected },
  { point: 'before the record', at: inCheck('open-record'), after: untouched },
];

/** The pings of each attempt in the order of its course; looks at a transition and checks are not part of the count. */
export function attemptsOf(pings: readonly Ping[]): readonly (readonly string[])[] {
  const counted = pings.filter(({ kind }) => kind !== 'check' && kind !== 'transition');
  const byAttempt = Map.groupBy(counted, ({ attemptId }) => attemptId);
  return [...byAttempt.values()].map((told) => told.map(nameOf).toSorted((a, b) => rank(a) - rank(b)));
}

function nameOf(ping: Ping): string {
  if (ping.kind === 'health') return `health-${ping.index}`;
  return ping.kind === 'error' ? `error ${ping.code}` : ping.kind;
}

const order: readonly string[] = wholeCourse;
const rank = (name: string): number => (name.startsWith('error') ? order.length : order.indexOf(name));
