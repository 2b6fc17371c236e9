/** One demand of a compliance kit. Run by any test runner, or by a plain loop inside a virtual machine. */
export interface ComplianceCase {
  readonly name: string;
  /** Rejects where the demand is not met. */
  readonly run: () => Promise<void>;
}
