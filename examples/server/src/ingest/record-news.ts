import type { Sql } from '../database/database.ts';
import type { StreamNews } from '../gate/streams.ts';
import { advance, type Attempt, firstHeard, type Stepped } from './attempt.ts';
import { insertAttempts, loadAttempts, updateAttempts } from './attempt-table.ts';
import { boundFamilies } from './cpu-families.ts';
import { addOutcomes, type Begun, type Ended } from './counts.ts';
import type { AttemptNews } from './fold.ts';

/** What {@link recordNews} needs to know beside the news. */
export interface RecordOptions {
  readonly answerWindowMs: number;
  /** The share of a tier that a release has reached now, micro-percent: it names the phase an attempt belongs to. */
  readonly phaseOf: (release: string, tier: string) => number;
  readonly now: number;
}

/** Adds news to the attempts and the counts. Called by the tally in its transaction, of which there is one at a time. */
export async function recordNews(sql: Sql, news: readonly AttemptNews[], options: RecordOptions): Promise<StreamNews> {
  if (news.length === 0) return { begun: [], ended: [] };
  const known = await loadAttempts(
    sql,
    news.map(({ attemptId }) => attemptId),
  );
  const families = await boundFamilies(sql, news);
  const advanced = news.map((one, index) => {
    const stored = known.get(one.attemptId);
    const phase = options.phaseOf(one.release, one.tier);
    const before = stored ?? { ...firstHeard(one, { phase, now: options.now }), cpuFamily: families[index] ?? '' };
    const after = advance(before, one, options);
    return { ...after, isNew: stored === undefined, isChanged: after.attempt !== before };
  });
  const steps = advanced.flatMap(({ attempt, steps: taken }) => taken.map((step) => ({ attempt, step })));
  const attemptsOf = (all: typeof advanced): Attempt[] => all.map(({ attempt }) => attempt);
  await insertAttempts(sql, attemptsOf(advanced.filter(({ isNew }) => isNew)));
  await updateAttempts(sql, attemptsOf(advanced.filter(({ isNew, isChanged }) => isChanged && !isNew)));
  await addOutcomes(sql, steps);
  return { begun: begunOf(steps), ended: endedOf(steps) };
}

function begunOf(steps: readonly Stepped[]): Begun[] {
  const started = steps.filter(({ step }) => step === 'started');
  return groupsOf(started, ({ release, tier, control }) => [release, tier, String(control)]).map((group) => ({
    release: group.first.release,
    tier: group.first.tier,
    control: group.first.control,
    count: group.steps.length,
  }));
}

function endedOf(steps: readonly Stepped[]): Ended[] {
  const ended = steps.filter(({ step }) => step !== 'started' && step !== 'failedLate');
  return groupsOf(ended, ({ release, control }) => [release, String(control)]).map((group) => ({
    release: group.first.release,
    control: group.first.control,
    failures: group.steps.filter(({ step }) => step === 'failed').length,
    silent: 0,
  }));
}

/** In one order on every server: what is folded from them depends on it. */
function groupsOf(
  steps: readonly Stepped[],
  keyOf: (attempt: Attempt) => string[],
): { first: Attempt; steps: readonly Stepped[] }[] {
  const groups = Map.groupBy(steps, ({ attempt }) => keyOf(attempt).join(' '));
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, group]) => (group[0] === undefined ? [] : [{ first: group[0].attempt, steps: group }]));
}
