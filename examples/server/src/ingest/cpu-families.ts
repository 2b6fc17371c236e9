import type { Sql } from '../database/database.ts';
import type { AttemptNews } from './fold.ts';

/** Families that are told apart of one release. Real fleets have a dozen; a forger could name thousands, each a row in the counts. */
const maxFamilies = 32;
/** The rest. */
const otherFamily = 'other';

/** The family to count each attempt under: its own, or `other` once a release has had enough of them. */
export async function boundFamilies(sql: Sql, news: readonly AttemptNews[]): Promise<string[]> {
  const { rows } = await sql.query<{ release: string; family: string }>(
    'select distinct release, cpu_family as family from outcome_counts where release = any($1::text[])',
    [[...new Set(news.map(({ release }) => release))]],
  );
  const known = new Map(
    [...Map.groupBy(rows, ({ release }) => release)].map(([release, group]) => [
      release,
      new Set(group.map(({ family }) => family)),
    ]),
  );
  return news.map(({ release, cpuFamily }) => {
    const families = known.get(release) ?? new Set();
    known.set(release, families);
    if (!families.has(cpuFamily) && families.size >= maxFamilies) return otherFamily;
    families.add(cpuFamily);
    return cpuFamily;
  });
}
