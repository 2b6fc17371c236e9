/**
 * Priorities, lowest first. They are Ubuntu's; Debian's `unimportant` is `negligible`, Red Hat's `moderate` and `important` are `medium`
 * and `high`.
 *
 * @example
 * ```ts
 * import { priorities } from '@klpkit/triage';
 *
 * const highest = priorities.at(-1); // 'critical'
 * ```
 */
export const priorities = ['negligible', 'low', 'medium', 'high', 'critical'] as const;

/** How much a flaw matters: one of {@link priorities}. */
export type Priority = (typeof priorities)[number];

/** Where a priority came from. */
export type PriorityBasis =
  /** Somebody set it in the policy. */
  | { readonly kind: 'override'; readonly by: string; readonly reason: string }
  /** A vendor's own word. */
  | { readonly kind: 'vendor'; readonly vendor: string; readonly word: string }
  /** The band of a CVSS base score. */
  | {
      readonly kind: 'cvss';
      readonly version: string;
      readonly vector: string;
      readonly score: number;
      readonly by: string;
    }
  /** A rule of the policy, or `default` where none fits. */
  | { readonly kind: 'rule'; readonly rule: string };
