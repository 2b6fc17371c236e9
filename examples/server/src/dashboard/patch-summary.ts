import type { Blocklist } from '@klpkit/blocklist';
import { type Actor, currentPhase, decide, type Evidence, type GatePolicy, type RolloutStatus } from '@klpkit/rollout';
import type { Sql } from '../database/database.ts';
import type { PublishedRelease, Snapshot } from '../publish/published.ts';
import type { PatchSummary } from './views.ts';

/** What a summary is made with. */
export interface SummaryContext {
  readonly blocklist: Blocklist;
  readonly policy: GatePolicy;
  readonly now: number;
}

/** Sums up one release. */
export function summarize(
  published: PublishedRelease,
  evidence: Evidence,
  { blocklist, policy, now }: SummaryContext,
): PatchSummary {
  const { key, release, state } = published;
  const { tier, phase, isLastPhase, isLastTier } = currentPhase(state, now);
  return {
    key,
    kernel: release.kernel,
    arch: release.arch,
    fixes: release.fixes,
    publishedAt: state.startedAt,
    status: state.status.kind,
    statusBy: actorOf(state.status),
    blocked: blocklist.entries.find((entry) => entry.release === key)?.action ?? null,
    tier: tier.tier,
    microPercent: phase.microPercent,
    complete: isLastPhase && isLastTier,
    evidence,
    decision: decide(evidence, policy),
  };
}

function actorOf(status: RolloutStatus): string | null {
  return status.kind === 'running' ? null : nameOf(status.by);
}

function nameOf(actor: Actor): string {
  return actor.kind === 'person' ? actor.name : actor.kind;
}

/** Releases in one answer. */
const maxListed = 500;

/** The newest releases with their evidence, in one query however many they are. */
export async function listPatches(
  sql: Sql,
  snapshot: Snapshot,
  context: SummaryContext,
): Promise<readonly PatchSummary[]> {
  const newest = [...snapshot.byKey.values()].slice(0, maxListed);
  const { rows } = await sql.query<Evidence & { release: string }>(
    `select release, sum(started)::bigint as n, sum(failed + silent)::bigint as failed,
       sum(started - good - failed - silent)::bigint as open
     from outcome_counts where release = any($1::text[]) and not control group by release`,
    [newest.map(({ key }) => key)],
  );
  const byRelease = new Map(rows.map(({ release, ...evidence }) => [release, evidence]));
  return newest.map((one) => summarize(one, byRelease.get(one.key) ?? { n: 0, failed: 0, open: 0 }, context));
}
