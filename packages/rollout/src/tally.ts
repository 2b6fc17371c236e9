import type { Evidence } from './decide.ts';
import { RolloutError } from './error.ts';

/** What became of the machines of one stratum. Plain data of constant size. */
export interface Tally {
  /** Machines that began. */
  readonly n: number;
  /** Said that they failed. */
  readonly crashed: number;
  /** Said nothing until their window closed. */
  readonly silent: number;
  /** Went down in good order inside their window: good for the halt process, bad for the advance process, and judged by one of their own. */
  readonly left: number;
  /** Have not answered yet. */
  readonly open: number;
}

/** One step in the life of a machine's window. */
export type TallyEvent = 'begun' | 'good' | 'crashed' | 'silent' | 'left';

/**
 * Nothing has happened yet.
 *
 * @example
 * ```ts
 * import { emptyTally, reduceTally } from '@klpkit/rollout';
 *
 * const tally = reduceTally(emptyTally, 'begun'); // { n: 1, open: 1, … }
 * ```
 */
export const emptyTally: Tally = { n: 0, crashed: 0, silent: 0, left: 0, open: 0 };

/**
 * The tally after one event; every event but `begun` closes a window. Pure, constant time.
 *
 * @throws RolloutError `ILLEGAL_EVENT` where no window is open.
 * @example
 * ```ts
 * import { emptyTally, reduceTally } from '@klpkit/rollout';
 *
 * const events = ['begun', 'begun', 'good', 'silent'] as const;
 * const tally = events.reduce(reduceTally, emptyTally); // n 2, silent 1
 * ```
 */
export function reduceTally(tally: Tally, event: TallyEvent): Tally {
  const { n, crashed, silent, left, open } = tally;
  if (event === 'begun') return { n: n + 1, crashed, silent, left, open: open + 1 };
  if (open === 0) throw new RolloutError('ILLEGAL_EVENT', 'No window is open: an outcome follows its beginning, once.');
  switch (event) {
    case 'good':
      return { n, crashed, silent, left, open: open - 1 };
    case 'crashed':
      return { n, crashed: crashed + 1, silent, left, open: open - 1 };
    case 'silent':
      return { n, crashed, silent: silent + 1, left, open: open - 1 };
    case 'left':
      return { n, crashed, silent, left: left + 1, open: open - 1 };
    default:
      throw new RolloutError('ILLEGAL_EVENT', 'The event is of an unknown kind.');
  }
}

/**
 * A tally as the counts that `decide` takes; a machine that left in good order goes as one that has not answered.
 *
 * @example
 * ```ts
 * import { decide, emptyTally, evidenceOf } from '@klpkit/rollout';
 *
 * const { decision } = decide(evidenceOf(emptyTally), { p0: 0.01, pBad: 0.03, alpha: 0.01, beta: 0.05 }); // 'hold'
 * ```
 */
export function evidenceOf(tally: Tally): Evidence {
  return { n: tally.n, failed: tally.crashed + tally.silent, open: tally.open + tally.left };
}
