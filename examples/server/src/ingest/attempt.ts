import type { AttemptNews } from './fold.ts';

/** How an attempt ended for the gate. */
export type Outcome = 'good' | 'failed' | 'silent' | 'left';

/** One attempt of one machine, as it is stored. Times are the server's, epoch ms. */
export interface Attempt extends Readonly<AttemptNews> {
  /** The tier's share when the attempt was first heard of, micro-percent. */
  readonly phase: number;
  /** When its silence becomes its outcome. */
  readonly deadline: number | null;
  readonly isCounted: boolean;
  readonly outcome: Outcome | null;
  readonly decidedAt: number | null;
  readonly firstSeenAt: number;
}

/** What news did to the counts of an attempt. */
export type Step = 'started' | 'good' | 'failed' | 'left' | 'failedLate';

/** A step of an attempt. */
export interface Stepped {
  readonly attempt: Attempt;
  readonly step: Step;
}

/** An attempt after its news. */
export interface Advanced {
  readonly attempt: Attempt;
  readonly steps: readonly Step[];
}

/** An attempt of which nothing was known. */
export function firstHeard(news: AttemptNews, { phase, now }: { phase: number; now: number }): Attempt {
  const unheard = { beforeAt: null, provenAt: null, failedAt: null, leftAt: null, failure: null, deadline: null };
  return { ...news, ...unheard, isCounted: false, outcome: null, decidedAt: null, phase, firstSeenAt: now };
}

/**
 * Adds news to an attempt. What was known first stands; it is counted once as begun and once as ended, and an outcome is never changed
 * afterwards. News that are about another release or arm are forged or broken and change nothing.
 */
export function advance(
  known: Attempt,
  news: AttemptNews,
  { answerWindowMs, now }: { answerWindowMs: number; now: number },
): Advanced {
  if (known.release !== news.release || known.control !== news.control) return { attempt: known, steps: [] };
  const heard = {
    ...known,
    beforeAt: known.beforeAt ?? news.beforeAt,
    deadline: known.deadline ?? (news.beforeAt === null ? null : news.beforeAt + answerWindowMs),
    provenAt: known.provenAt ?? news.provenAt,
    failedAt: known.failedAt ?? news.failedAt,
    failure: known.failure ?? news.failure,
    leftAt: known.leftAt ?? news.leftAt,
  };
  const isLate = known.outcome === 'good' && known.failedAt === null && heard.failedAt !== null;
  const isBegun = heard.beforeAt !== null && !known.isCounted;
  const isCounted = known.isCounted || isBegun;
  const outcome = isCounted ? (known.outcome ?? outcomeOf(heard)) : known.outcome;
  const ended = outcome === known.outcome || outcome === null || outcome === 'silent' ? [] : [outcome];
  return {
    attempt: { ...heard, isCounted, outcome, decidedAt: ended.length > 0 ? now : known.decidedAt },
    steps: [...(isBegun ? (['started'] as const) : []), ...ended, ...(isLate ? (['failedLate'] as const) : [])],
  };
}

/** Of contradicting pings the failure stands. */
function outcomeOf({ failedAt, provenAt, leftAt }: AttemptNews): 'good' | 'failed' | 'left' | null {
  if (failedAt !== null) return 'failed';
  if (provenAt !== null) return 'good';
  return leftAt === null ? null : 'left';
}
