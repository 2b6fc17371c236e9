import {
  reduceSampleRatio,
  reduceTwoSample,
  type SampleRatio,
  startSampleRatio,
  startTwoSample,
  type TwoSample,
} from '@klpkit/rollout';
import type { Sql } from '../database/database.ts';
import type { Begun, Ended } from '../ingest/counts.ts';

/** What is folded of a release beside its counts. */
export interface GateStreams {
  /** Do patched and control machines begin in the mix that the percentages give? */
  readonly sampleRatio: SampleRatio;
  /** Do patched machines fail more often than control machines? */
  readonly twoSample: TwoSample;
  /** When the mix was first seen to be wrong, epoch ms. */
  readonly mismatchAt: number | null;
}

const nothingYet: GateStreams = { sampleRatio: startSampleRatio, twoSample: startTwoSample, mismatchAt: null };

/** The streams of one release. */
export async function loadStreams(sql: Sql, release: string): Promise<GateStreams> {
  const { rows } = await sql.query<GateStreams>(
    `select sample_ratio as "sampleRatio", two_sample as "twoSample", mismatch_at as "mismatchAt"
     from gate_streams where release = $1`,
    [release],
  );
  return rows[0] ?? nothingYet;
}

/** Notes that the mix was found wrong; tells whether it had not been noted yet. */
export async function noteMismatch(sql: Sql, release: string, now: number): Promise<boolean> {
  const { rowCount } = await sql.query(
    'update gate_streams set mismatch_at = $2 where release = $1 and mismatch_at is null',
    [release, now],
  );
  return rowCount === 1;
}

/** What one reading of the log says. */
export interface StreamNews {
  readonly begun: readonly Begun[];
  readonly ended: readonly Ended[];
}

interface FoldOptions {
  /** The probability that the next machine to begin in a tier is a patched one; 1 where nothing can be learnt. */
  readonly expectedShare: (release: string, tier: string) => number;
  readonly now: number;
}

/** Folds what one reading of the log found into the streams of the releases that it is about. */
export async function foldStreams(sql: Sql, news: StreamNews, options: FoldOptions): Promise<void> {
  const releases = new Set([...news.begun, ...news.ended].map(({ release }) => release));
  for (const release of [...releases].toSorted()) await foldOne(sql, { release, news, ...options });
}

async function foldOne(sql: Sql, fold: FoldOptions & { release: string; news: StreamNews }): Promise<void> {
  const { release, news, expectedShare, now } = fold;
  const ended = news.ended.filter((one) => one.release === release && one.failures > 0);
  const before = await loadStreams(sql, release);
  let { sampleRatio, twoSample } = before;
  for (const { tier, control, count } of news.begun.filter((one) => one.release === release)) {
    const share = expectedShare(release, tier);
    for (let machine = 0; machine < count; machine += 1)
      sampleRatio = reduceSampleRatio(sampleRatio, control ? 'control' : 'patched', share);
  }
  if (ended.length > 0) {
    const atRisk = await countAtRisk(sql, release, { ended, now });
    for (const { control, failures } of ended)
      for (let failure = 0; failure < failures; failure += 1)
        twoSample = reduceTwoSample(twoSample, { arm: control ? 'control' : 'patched', ...atRisk });
  }
  if (sampleRatio === before.sampleRatio && twoSample === before.twoSample) return;
  await sql.query(
    `insert into gate_streams (release, sample_ratio, two_sample) values ($1, $2, $3)
     on conflict (release) do update set sample_ratio = excluded.sample_ratio, two_sample = excluded.two_sample`,
    [release, JSON.stringify(sampleRatio), JSON.stringify(twoSample)],
  );
}

/** Machines of each arm that began within the last window; those that fell silent just now were among them. */
async function countAtRisk(
  sql: Sql,
  release: string,
  { ended, now }: { ended: readonly Ended[]; now: number },
): Promise<{ patched: number; control: number }> {
  const { rows } = await sql.query<{ control: boolean; count: number }>(
    'select control, count(*) from attempts where release = $1 and is_counted and deadline > $2 group by control',
    [release, now],
  );
  const of = (control: boolean): number =>
    (rows.find((row) => row.control === control)?.count ?? 0) +
    ended.filter((one) => one.control === control).reduce((sum, { silent }) => sum + silent, 0);
  return { patched: of(false), control: of(true) };
}
