import { isRolloutError, type RolloutEvent, type RolloutState, reduceRollout } from '@klpkit/rollout';
import type { Sql } from '../database/database.ts';
import { plainMessage, ServerError } from '../errors.ts';
import { appendAudit } from '../database/audit.ts';

/** A rollout as it is stored. */
export interface StoredRollout {
  readonly state: RolloutState;
  /** ln E(n, failed) that a person saw when resuming; null where nobody did. */
  readonly acknowledgedLnHalt: number | null;
}

/** Reads a rollout and keeps others from changing it until the transaction ends. */
export async function lockRollout(sql: Sql, release: string): Promise<StoredRollout | undefined> {
  const { rows } = await sql.query<{ state: RolloutState; acknowledged_ln_halt: number | null }>(
    'select state, acknowledged_ln_halt from rollouts where release = $1 for update',
    [release],
  );
  const row = rows[0];
  return row && { state: row.state, acknowledgedLnHalt: row.acknowledged_ln_halt };
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
