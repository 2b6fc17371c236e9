import type { Evidence } from '@klpkit/rollout';
import type { Sql } from '../database/database.ts';

/** Outcomes of one release in one tier, phase, kernel and processor family. */
export interface OutcomeCount {
  readonly tier: string;
  /** Share of the tier when the attempts began, micro-percent. */
  readonly phase: number;
  readonly kernel: string;
  readonly arch: string;
  /** Vendor and family of the processor; empty where the machine did not say. */
  readonly cpuFamily: string;
  /** Placebo attempts of machines that are not in the bucket. */
  readonly control: boolean;
  readonly started: number;
  readonly good: number;
  readonly failed: number;
  readonly silent: number;
  /** Went down in good order before they were proven: for the gate as if they had not answered yet. */
  readonly left: number;
  /** Failures after the window had closed as good. */
  readonly failedLate: number;
}

/** The counts of one release, in every split that is kept. */
export async function loadCounts(sql: Sql, release: string): Promise<readonly OutcomeCount[]> {
  const { rows } = await sql.query<OutcomeCount>(
    `select tier, phase, kernel, arch, cpu_family as "cpuFamily", control, started, good, failed, silent, left_orderly as "left", failed_late as "failedLate"
     from outcome_counts where release = $1 order by tier, phase, kernel, arch, cpu_family, control`,
    [release],
  );
  return rows;
}

/**
 * What the gate decides with. One stream over all tiers and phases: the release is the same everywhere, and to begin anew in each
 * phase would throw evidence away.
 */
export function evidenceOf(counts: readonly OutcomeCount[]): Evidence {
  let [n, good, failed] = [0, 0, 0];
  for (const count of counts) {
    if (count.control) continue;
    n += count.started;
    good += count.good;
    failed += count.failed + count.silent;
  }
  return { n, failed, open: n - good - failed };
}
