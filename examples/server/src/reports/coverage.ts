import { publishedRollout } from '@klpkit/rollout';
import { z } from 'zod';
import type { Sql } from '../database/database.ts';
import type { PublishedRelease, Snapshot } from '../publish/published.ts';

/** How far one release has come in one tier. */
export const coverageRow = z.object({
  tier: z.string(),
  release: z.string(),
  kernel: z.string(),
  arch: z.string(),
  fixes: z.string().describe('CVEs, with spaces between.'),
  published: z.string().describe('RFC 3339.'),
  status: z.enum(['running', 'paused', 'withdrawn', 'blocked']),
  sharePercent: z.number().describe('Of the machines of the tier that may have it.'),
  began: z.int().describe('Attempts, not machines: a machine tries again after a reboot.'),
  good: z.int(),
  failed: z.int().describe('Silent ones are not in it.'),
  silent: z.int(),
  left: z.int().describe('Went down in good order before they were proven.'),
  open: z.int().describe('Have not answered yet.'),
  failurePercent: z.number().nullable().describe('Failed and silent ones of those that began; null where none did.'),
});

/** One row of the report. */
export type CoverageRow = z.infer<typeof coverageRow>;

/** The columns of the CSV, in their order. */
export const coverageColumns: readonly (keyof CoverageRow)[] = coverageRow.keyof().options;

interface Outcomes {
  readonly began: number;
  readonly good: number;
  readonly failed: number;
  readonly silent: number;
  readonly left: number;
}

const noOutcomes: Outcomes = { began: 0, good: 0, failed: 0, silent: 0, left: 0 };

/** Every release in every tier that it has reached; from the rolled-up counts. */
export async function loadCoverage(
  sql: Sql,
  snapshot: Snapshot,
  { tier }: { readonly tier: string | undefined },
): Promise<readonly CoverageRow[]> {
  const { rows } = await sql.query<Outcomes & { release: string; tier: string }>(
    `select release, tier, sum(started)::bigint as began, sum(good)::bigint as good, sum(failed)::bigint as failed,
       sum(silent)::bigint as silent, sum(left_orderly)::bigint as "left"
     from outcome_counts where not control group by release, tier`,
  );
  const counted = new Map(rows.map(({ release, tier: name, ...outcomes }) => [idOf(release, name), outcomes]));
  return [...snapshot.byKey.values()].flatMap((published) =>
    publishedRollout(published.state)
      .tiers.filter((one) => tier === undefined || one.tier === tier)
      .map((one) => {
        const outcomes = counted.get(idOf(published.key, one.tier)) ?? noOutcomes;
        return rowOf(published, { snapshot, outcomes, tier: one.tier, microPercent: one.microPercent });
      }),
  );
}

function idOf(release: string, tier: string): string {
  return JSON.stringify([release, tier]);
}

interface Place {
  readonly snapshot: Snapshot;
  readonly outcomes: Outcomes;
  readonly tier: string;
  readonly microPercent: number;
}

function rowOf(
  { key, release, state }: PublishedRelease,
  { snapshot, outcomes, tier, microPercent }: Place,
): CoverageRow {
  const { began, good, failed, silent, left } = outcomes;
  const isBlocked = snapshot.blocklist.entries.some((entry) => entry.release === key);
  return {
    tier,
    release: key,
    kernel: release.kernel,
    arch: release.arch,
    fixes: release.fixes.join(' '),
    published: new Date(state.startedAt).toISOString(),
    status: isBlocked ? 'blocked' : state.status.kind,
    sharePercent: microPercent / 1e6,
    ...outcomes,
    open: began - good - failed - silent - left,
    failurePercent: began === 0 ? null : Number(((100 * (failed + silent)) / began).toPrecision(4)),
  };
}
