import {
  currentPhase,
  type Evidence,
  explain,
  type GateDecision,
  type GateReport,
  type RolloutEvent,
  type RolloutState,
} from '@klpkit/rollout';
import type { GateSettings } from '../config.ts';
import { recordEvidence } from '../dashboard/evidence-history.ts';
import { appendAudit } from '../database/audit.ts';
import { type Database, type Sql, workWithinMs } from '../database/database.ts';
import { blockRelease, isBlocked } from '../publish/blocklist-store.ts';
import type { StoredRollout } from '../publish/rollout-store.ts';
import { applyEvent, lockRollout } from '../publish/rollout-store.ts';
import { evidenceOf, loadCounts } from './evidence.ts';
import { judge } from './judge.ts';
import { loadStreams, noteMismatch } from './streams.ts';

/** What the gate did with a release. */
export type GateAct = 'paused' | 'blocked' | 'advanced' | 'promoted' | 'doubted';

interface GateContext {
  readonly settings: GateSettings;
  readonly now: number;
}

const gate = { kind: 'gate' } as const;

/**
 * Looks at the evidence of one release and acts on it, in one transaction that holds the rollout: of any number of servers one
 * decides at a time, and an act has its audit row or did not happen.
 */
export function runGate(database: Database, release: string, context: GateContext): Promise<readonly GateAct[]> {
  return database.transaction((sql) => judgeAndAct(sql, release, context), { withinMs: workWithinMs });
}

async function judgeAndAct(sql: Sql, release: string, context: GateContext): Promise<readonly GateAct[]> {
  const stored = await lockRollout(sql, release);
  if (stored === undefined || stored.state.status.kind === 'withdrawn') return [];
  const counts = await loadCounts(sql, release);
  const evidence = evidenceOf(counts);
  const decision = judge(counts, await loadStreams(sql, release), context.settings);
  await recordEvidence(sql, { release, at: context.now, evidence, decision });
  const judged: Judged = { ...stored, evidence, decision };
  const stopped = [...(await pauseIfBad(sql, judged, context)), ...(await blockIfBad(sql, judged, context))];
  if (stopped.length > 0) return stopped;
  if (decision.cause === 'sample-ratio') return doubt(sql, judged, context);
  return advanceIfProven(sql, judged, context);
}

interface Judged extends StoredRollout {
  readonly evidence: Evidence;
  readonly decision: GateReport;
}

async function pauseIfBad(sql: Sql, judged: Judged, context: GateContext): Promise<GateAct[]> {
  if (judged.state.status.kind !== 'running' || !(isNewHarm(judged) || isNewlyLeft(judged))) return [];
  await act(sql, judged, {
    type: 'pause',
    at: context.now,
    by: gate,
    note: whyOf(judged, context),
  });
  return ['paused'];
}

async function blockIfBad(sql: Sql, judged: Judged, context: GateContext): Promise<GateAct[]> {
  const { settings, now } = context;
  const isBad = settings.blockFrom === 'halt' || judged.decision.level === 'block';
  if (settings.blockFrom === 'never' || !isBad || !isNewHarm(judged)) return [];
  if (await isBlocked(sql, judged.state.release)) return [];
  const evidence = { n: judged.evidence.n, failed: judged.evidence.failed, lnE: judged.decision.lnHalt };
  const entry = { release: judged.state.release, action: settings.blockAction, reason: 'gate', evidence };
  await blockRelease(sql, entry, { actor: 'gate', now });
  return ['blocked'];
}

async function advanceIfProven(sql: Sql, judged: Judged, { settings, now }: GateContext): Promise<GateAct[]> {
  const { decision, state } = judged;
  if (
    !settings.autoAdvance ||
    decision.decision !== 'advance' ||
    decision.level !== 'none' ||
    state.status.kind !== 'running'
  )
    return [];
  const where = currentPhase(state, now);
  if (where.soakLeftMs > 0) return [];
  const note = explain(judged.evidence, settings.policy, { report: decision });
  if (!where.isLastPhase) {
    await act(sql, judged, { type: 'advance', at: now, by: gate, note });
    return ['advanced'];
  }
  if (where.isLastTier || where.tier.promotion !== 'policy') return [];
  await act(sql, judged, { type: 'promote', at: now, by: gate, note });
  return ['promoted'];
}

/**
 * Pings that do not come from the machines they should come from prove nothing: the gate stops advancing until a person does, and says so
 * once. It stops nothing else, so that forged pings have no further effect.
 */
async function doubt(sql: Sql, judged: Judged, context: GateContext): Promise<GateAct[]> {
  const { release } = judged.state;
  if (!(await noteMismatch(sql, release, context.now))) return [];
  const { evidence, decision } = judged;
  const detail = { note: whyOf(judged, context), evidence, decision };
  await appendAudit(sql, { at: context.now, actor: 'gate', action: 'gate-doubts-pings', release, detail });
  return ['doubted'];
}

function whyOf({ evidence, decision }: Judged, { settings }: GateContext): string {
  return explain(evidence, settings.policy, { report: decision });
}

function act(sql: Sql, judged: Judged, event: RolloutEvent): Promise<RolloutState> {
  const { evidence, decision } = judged;
  return applyEvent(sql, { state: judged.state, event }, { actor: 'gate', detail: { evidence, decision } });
}

// A person who resumed has seen what was acknowledged; only more of it stops the rollout again.

function isNewHarm({ decision, acknowledgedLnHalt }: Judged): boolean {
  return mustHalt(decision) && decision.lnHalt > (acknowledgedLnHalt ?? -Infinity);
}

/** Too many machines went down in good order. That pauses and never blocks: a maintenance window looks the same. */
function isNewlyLeft({ decision, acknowledgedLnLeft }: Judged): boolean {
  return decision.cause === 'left' && decision.lnLeft > (acknowledgedLnLeft ?? -Infinity);
}

/** The policy's alpha, or the level: whichever says so first. */
function mustHalt({ decision, level }: GateDecision): boolean {
  return decision === 'halt' || level === 'halt' || level === 'block';
}
