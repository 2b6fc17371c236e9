import type { BlockEntry, LiftedEntry } from '@klpkit/blocklist';
import type { Evidence, GateDecision, GateReport, StreamPolicy } from '@klpkit/rollout';
import type { AuditRow } from '../database/audit.ts';
import type { EvidencePoint } from './evidence-history.ts';

/** What a row of the list of patches says. Times are epoch ms by the server's clock. */
export interface PatchSummary {
  readonly key: string;
  readonly kernel: string;
  readonly arch: string;
  readonly fixes: readonly string[];
  readonly publishedAt: number;
  readonly status: 'running' | 'paused' | 'withdrawn';
  /** Who paused or withdrew it: `gate`, `policy`, or a person's name. */
  readonly statusBy: string | null;
  /** What the blocklist asks of machines; `null` where it is not on it. */
  readonly blocked: BlockEntry['action'] | null;
  /** The last opened tier, and the share of it that may have the patch. */
  readonly tier: string;
  readonly microPercent: number;
  /** It has reached all of the last tier. */
  readonly complete: boolean;
  readonly evidence: Evidence;
  readonly decision: GateDecision;
}

/** Where one phase of one tier stands. */
export interface PhaseView {
  readonly microPercent: number;
  readonly minSoakMs: number;
  readonly state: 'done' | 'current' | 'next';
}

/** A tier of the plan and how far it is. */
export interface TierView {
  readonly tier: string;
  readonly promotion: 'person' | 'policy';
  readonly phases: readonly PhaseView[];
}

/** Something an operator may do now. */
export interface PossibleAct {
  readonly type: 'pause' | 'resume' | 'advance' | 'promote' | 'withdraw';
  /** It cuts a soak time short. */
  readonly override: boolean;
}

/** How often something failed, and where. */
export interface FailureView {
  readonly tier: string;
  readonly kernel: string;
  readonly arch: string;
  /** Family of the processor, empty where pings do not tell. */
  readonly cpu: string;
  readonly phase: string;
  readonly code: string;
  readonly title: string;
  readonly failures: number;
  readonly trace: readonly string[];
  readonly firstAt: number;
  readonly lastAt: number;
}

/** What checks ended in. */
export interface CheckView {
  readonly tier: string;
  readonly outcome: string;
  readonly reason: string;
  readonly checks: number;
  readonly lastAt: number;
}

/** Pings of one kind. */
export interface PingView {
  readonly kind: string;
  readonly pings: number;
  /** Of these, sent after a reboot about what was before it. */
  readonly late: number;
}

/** Outcomes of attempts in one tier, on one kernel and kind of processor. */
export interface OutcomeView {
  readonly tier: string;
  readonly kernel: string;
  readonly arch: string;
  /** As in {@link FailureView}. */
  readonly cpu: string;
  readonly control: boolean;
  readonly started: number;
  readonly good: number;
  readonly failed: number;
  readonly silent: number;
  /** Went down in good order before they were proven; among those that have not answered. */
  readonly left: number;
  readonly failedLate: number;
}

/** How one may sign in; told to everybody. */
export interface SignInView {
  /** At an identity provider, too. */
  readonly provider: boolean;
}

/** All that the page shows of one patch. */
export interface PatchView extends PatchSummary {
  /** With what the list leaves out: control machines, and whether the pings can be true. */
  readonly decision: GateReport;
  readonly now: number;
  readonly endOfLife: number | null;
  readonly sha256: string;
  readonly tiers: readonly TierView[];
  /** Of the current phase, ms. */
  readonly soakLeftMs: number;
  readonly statusNote: string | null;
  readonly acts: readonly PossibleAct[];
  /** The gate's own sentence. */
  readonly explanation: string;
  readonly policy: StreamPolicy;
  /** The last point is now. */
  readonly history: readonly EvidencePoint[];
  readonly outcomes: readonly OutcomeView[];
  readonly pings: readonly PingView[];
  readonly failures: readonly FailureView[];
  readonly checks: readonly CheckView[];
  readonly blocklist: { readonly entries: readonly BlockEntry[]; readonly lifted: readonly LiftedEntry[] };
  readonly audit: readonly (AuditRow & { readonly seq: number })[];
}

/** What the first page shows. */
export interface OverviewView {
  readonly now: number;
  /** Newest first, the newest 500. */
  readonly patches: readonly PatchSummary[];
  readonly total: number;
  readonly blocklist: { readonly version: number; readonly entries: readonly BlockEntry[] };
  readonly audit: readonly (AuditRow & { readonly seq: number })[];
}
