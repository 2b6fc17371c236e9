import { priorityOfScore } from './cvss.ts';
import type { TriagePolicy } from './policy.ts';
import type { Priority, PriorityBasis } from './priority.ts';
import { fittingRule } from './priority-rules.ts';
import type { CvssScore, VendorWord, Vulnerability } from './record.ts';

/** A priority and where it came from. */
export interface PriorityAnswer {
  readonly priority: Priority;
  readonly basis: PriorityBasis;
}

/** How to decide on a priority. */
export interface DecidePriorityOptions {
  readonly policy: TriagePolicy;
  /** Vendor of the kernel in question, whose word counts before the others'. */
  readonly distribution?: string;
}

function firstWord(words: readonly VendorWord[], vendors: readonly string[]): VendorWord | undefined {
  const rank = ({ vendor }: VendorWord): number => {
    const at = vendors.indexOf(vendor);
    return at < 0 ? vendors.length : at;
  };
  return words.toSorted((a, b) => rank(a) - rank(b))[0];
}

const roles = ['cna', 'vendor', 'adp'] as const;

/**
 * The score that counts: of the highest CVSS version; of those the CNA's, then a vendor's, then one that was added; of those the highest.
 *
 * @example
 * ```ts
 * import { decidingScore } from '@klpkit/triage';
 *
 * const none = decidingScore([]); // null
 * ```
 */
export function decidingScore(scores: readonly CvssScore[]): CvssScore | null {
  const sorted = scores.toSorted(
    (a, b) =>
      Number(b.version) - Number(a.version) ||
      roles.indexOf(a.role) - roles.indexOf(b.role) ||
      b.baseTenths - a.baseTenths,
  );
  return sorted[0] ?? null;
}

/**
 * The priority of a CVE: what somebody set in the policy; else the word of the vendor that counts first; else the band of the CVSS score
 * that counts ({@link decidingScore}); else the first rule that fits; else `otherwise`. Always has an answer, and says where it is from.
 *
 * @example
 * ```ts
 * import { decidePriority, defaultTriagePolicy, type Vulnerability } from '@klpkit/triage';
 *
 * const isUrgent = (flaw: Vulnerability) => decidePriority(flaw, { policy: defaultTriagePolicy }).priority === 'critical';
 * ```
 */
export function decidePriority(flaw: Vulnerability, options: DecidePriorityOptions): PriorityAnswer {
  const { policy, distribution } = options;
  const override = policy.overrides.find(({ cve }) => cve === flaw.cve);
  if (override?.priority !== undefined) {
    return { priority: override.priority, basis: { kind: 'override', by: override.by, reason: override.reason } };
  }
  const word = firstWord(flaw.words, distribution === undefined ? policy.vendors : [distribution, ...policy.vendors]);
  if (word !== undefined) {
    return { priority: word.priority, basis: { kind: 'vendor', vendor: word.vendor, word: word.word } };
  }
  const score = decidingScore(flaw.scores);
  if (score !== null) {
    const { version, vector, baseTenths, by } = score;
    return { priority: priorityOfScore(score), basis: { kind: 'cvss', version, vector, score: baseTenths / 10, by } };
  }
  const rule = fittingRule(policy.rules, flaw);
  return { priority: rule?.priority ?? policy.otherwise, basis: { kind: 'rule', rule: rule?.id ?? 'default' } };
}
