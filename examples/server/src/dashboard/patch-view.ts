import { currentPhase, explain, type RolloutState } from '@klpkit/rollout';
import { listAudit } from '../database/audit.ts';
import type { Sql } from '../database/database.ts';
import { ServerError } from '../errors.ts';
import { evidenceOf, loadCounts } from '../gate/evidence.ts';
import { judge } from '../gate/judge.ts';
import { loadStreams } from '../gate/streams.ts';
import type { Services } from '../services.ts';
import { loadEvidence } from './evidence-history.ts';
import { summarize } from './patch-summary.ts';
import type {
  CheckView,
  FailureView,
  OutcomeView,
  PatchView,
  PhaseView,
  PingView,
  PossibleAct,
  TierView,
} from './views.ts';

/** Rows of each list; a page that is looked at needs no more. */
const maxRows = 100;

/**
 * All that is known of one release, from the rolled-up tables: what it costs does not grow with the pings.
 *
 * @throws ServerError `RELEASE_UNKNOWN`
 */
export async function viewPatch(
  { database: sql, published, config }: Pick<Services, 'database' | 'published' | 'config'>,
  key: string,
): Promise<PatchView> {
  const { byKey, blocklist } = published.current();
  const found = byKey.get(key);
  if (found === undefined)
    throw new ServerError('RELEASE_UNKNOWN', `There is no release ${key} here. GET /v1/admin/releases lists them.`);
  const { policy } = config.gate;
  const now = config.clock();
  const { state, release } = found;
  const counts = await loadCounts(sql, key);
  const evidence = evidenceOf(counts);
  const decision = judge(counts, await loadStreams(sql, key), config.gate);
  const { lnHalt, lnAdvance } = decision;
  const isAbout = (entry: { readonly release: string }): boolean => entry.release === key;
  return {
    ...summarize(found, evidence, { blocklist, policy, now }),
    decision,
    now,
    endOfLife: release.endOfLife,
    sha256: release.sha256,
    tiers: tiersOf(state),
    soakLeftMs: currentPhase(state, now).soakLeftMs,
    statusNote: state.status.kind === 'running' ? null : (state.status.note ?? null),
    acts: possibleActs(state, now),
    explanation: explain(evidence, policy, { report: decision }),
    policy,
    history: [...(await loadEvidence(sql, key)), { at: now, ...evidence, lnHalt, lnAdvance }],
    outcomes: outcomesOf(counts),
    pings: await loadPings(sql, key),
    failures: await loadFailures(sql, key),
    checks: await loadChecks(sql, key),
    blocklist: { entries: blocklist.entries.filter(isAbout), lifted: blocklist.lifted.filter(isAbout) },
    audit: await listAudit(sql, { release: key, limit: maxRows }),
  };
}

function tiersOf(state: RolloutState): TierView[] {
  const current = state.tiers.length - 1;
  return state.plan.tiers.map(({ tier, promotion, phases }, place) => {
    const reached = place < current ? phases.length : place > current ? -1 : (state.tiers[place]?.phase ?? 0);
    const stateOf = (index: number): PhaseView['state'] =>
      index < reached ? 'done' : index === reached ? 'current' : 'next';
    return { tier, promotion, phases: phases.map((phase, index) => ({ ...phase, state: stateOf(index) })) };
  });
}

/** What `reduceRollout` would let a person do. */
function possibleActs(state: RolloutState, now: number): PossibleAct[] {
  if (state.status.kind === 'withdrawn') return [];
  const withdraw: PossibleAct = { type: 'withdraw', override: false };
  if (state.status.kind === 'paused') return [{ type: 'resume', override: false }, withdraw];
  const { isLastPhase, isLastTier, soakLeftMs } = currentPhase(state, now);
  const acts: PossibleAct[] = [{ type: 'pause', override: false }];
  const override = soakLeftMs > 0;
  if (!isLastPhase) acts.push({ type: 'advance', override });
  else if (!isLastTier) acts.push({ type: 'promote', override });
  return [...acts, withdraw];
}

/** The phases of a tier together: what the page shows is where it fails. */
function outcomesOf(counts: Awaited<ReturnType<typeof loadCounts>>): OutcomeView[] {
  const sums = new Map<string, OutcomeView>();
  for (const { tier, kernel, arch, cpuFamily: cpu, control, ...count } of counts) {
    const id = JSON.stringify([tier, kernel, arch, cpu, control]);
    const sum = sums.get(id) ?? { started: 0, good: 0, failed: 0, silent: 0, left: 0, failedLate: 0 };
    sums.set(id, {
      tier,
      kernel,
      arch,
      cpu,
      control,
      started: sum.started + count.started,
      good: sum.good + count.good,
      failed: sum.failed + count.failed,
      silent: sum.silent + count.silent,
      left: sum.left + count.left,
      failedLate: sum.failedLate + count.failedLate,
    });
  }
  return [...sums.values()].slice(0, maxRows);
}

async function loadPings(sql: Sql, release: string): Promise<readonly PingView[]> {
  const { rows } = await sql.query<PingView>(
    `select kind, sum(pings)::bigint as pings, coalesce(sum(pings) filter (where late), 0)::bigint as late
     from ping_counts where release = $1 group by kind order by kind`,
    [release],
  );
  return rows;
}

async function loadFailures(sql: Sql, release: string): Promise<readonly FailureView[]> {
  const { rows } = await sql.query<FailureView>(
    `select tier, kernel, arch, cpu, phase, code, title, failures, trace, first_at as "firstAt", last_at as "lastAt"
     from failure_counts where release = $1 order by failures desc, last_at desc limit ${maxRows}`,
    [release],
  );
  return rows;
}

async function loadChecks(sql: Sql, release: string): Promise<readonly CheckView[]> {
  const { rows } = await sql.query<CheckView>(
    `select tier, outcome, reason, checks, last_at as "lastAt"
     from check_counts where release = $1 order by checks desc limit ${maxRows}`,
    [release],
  );
  return rows;
}
