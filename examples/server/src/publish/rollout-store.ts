import { type GateReport, isRolloutError, type RolloutEvent, type RolloutState, reduceRollout } from '@klpkit/rollout';
import type { Sql } from '../database/database.ts';
import { plainMessage, ServerError } from '../errors.ts';
import { appendAudit } from '../database/audit.ts';

/** A rollout as it is stored. */
export interface StoredRollout {
  readonly state: RolloutState;
  /** ln E(n, failed) that a person saw when resuming; null where nobody did. */
  readonly acknowledgedLnHalt: number | null;
  /** The same of the machines that go down in good order. */
  readonly acknowledgedLnLeft: number | null;
}

/** Reads a rollout and keeps others from changing it until the transaction ends. */
export async function lockRollout(sql: Sql, release: string): Promise<StoredRollout | undefined> {
  const { rows } = await sql.query<StoredRollout>(
    `select state, acknowledged_ln_halt as "acknowledgedLnHalt", acknowledged_ln_left as "acknowledgedLnLeft"
     from rollouts where release = $1 for update`,
    [release],
  );
  return rows[0];
}

/** A person who resumes has seen this evidence: only more of it stops the rollout again. */
export async function acknowledge(
  sql: Sql,
  release: string,
  seen: Pick<GateReport, 'lnHalt' | 'lnLeft'>,
): Promise<void> {
  await sql.query('update rollouts set acknowledged_ln_halt = $2, acknowledged_ln_left = $3 where release = $1', [
    release,
    seen.lnHalt,
    seen.lnLeft,
  ]);
}

/** Who did it, for the audit; and on what grounds. */
export interface ActContext {
  readonly actor: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * Applies one event to a locked rollout, with its audit row.
 *
 * @throws ServerError `EVENT_REFUSED` where the rollout is not in a state for it.
 */
export async function applyEvent(
  sql: Sql,
  change: { state: RolloutState; event: RolloutEvent },
  context: ActContext,
): Promise<RolloutState> {
  const { state, event } = change;
  let next: RolloutState;
  try {
    // Two servers' clocks differ a little; the log of a rollout must not go back.
    next = reduceRollout(state, { ...event, at: Math.max(event.at, state.updatedAt) });
  } catch (error) {
    if (isRolloutError(error)) throw new ServerError('EVENT_REFUSED', plainMessage(error), { cause: error });
    throw error;
  }
  await sql.query('update rollouts set state = $2, updated_at = $3 where release = $1', [
    state.release,
    JSON.stringify(next),
    next.updatedAt,
  ]);
  const detail = { ...context.detail, tiers: next.tiers, ...(event.note === undefined ? {} : { note: event.note }) };
  await appendAudit(sql, {
    at: next.updatedAt,
    actor: context.actor,
    action: `rollout-${event.type}`,
    release: state.release,
    detail,
  });
  return next;
}
