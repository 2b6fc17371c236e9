import type { BlockEntry, LiftedEntry } from '@klpkit/blocklist';
import type { Release } from '@klpkit/release';
import type { Evidence, GateReport, Rollout, RolloutState } from '@klpkit/rollout';
import type { AuditRow } from '../database/audit.ts';
import type { OutcomeCount } from '../gate/evidence.ts';
import type { Offer } from '../publish/offer.ts';

/**
 * What tests look for in the server's answers, each field as the server types it. No answer has all of them: a test that looks for what its route
 * does not send finds nothing, and fails.
 */
export interface AnswerBody {
  readonly ok: boolean;
  readonly code: string;
  readonly message: string;

  readonly accepted: number;
  readonly duplicates: number;
  readonly refused: readonly unknown[];

  readonly offer: Offer | null;
  readonly earlier: readonly Offer[];
  readonly reason: string | null;

  readonly state: RolloutState;
  readonly rollout: Rollout;
  readonly evidence: Evidence;
  readonly decision: GateReport;
  readonly explanation: string;
  readonly counts: readonly OutcomeCount[];
  readonly paused: boolean;

  readonly issued: number;
  readonly expires: number;
  readonly entries: readonly BlockEntry[];
  readonly lifted: readonly LiftedEntry[];
  readonly releases: readonly { readonly key: string; readonly release: Release }[];

  readonly rows: readonly (AuditRow & { readonly seq: number })[];
  readonly waiting: readonly unknown[];

  readonly token: string;
  readonly id: string;
  readonly csrf: string;
}
