import type { RedirectedFunction, WorkEvidence } from '../../load-report.ts';
import type { Reason, ReasonCode } from '../../verdict.ts';

/** What a step found. */
export interface StepFindings {
  /** One sentence. */
  readonly detail: string;
  readonly functions?: readonly RedirectedFunction[];
  readonly work?: readonly WorkEvidence[];
  readonly reasons?: readonly Reason[];
  /** Set where it could not be carried out, and that is no fault: `detail` says why. */
  readonly isLeftOut?: boolean;
}

/** The patch failed a step: what is behind it is not run. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
  readonly reason: Reason;
  readonly findings: Partial<StepFindings>;

  constructor(code: ReasonCode, message: string, findings: Partial<StepFindings> = {}) {
    super(message);
    this.reason = { code, weight: 'fails', message };
    this.findings = findings;
  }
}
