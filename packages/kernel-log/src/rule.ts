import type { IncidentKind } from './incident.ts';

/**
 * One entry of the list of what the scanner knows.
 *
 * A rule is data: a pattern for the start of a message and a title. To add one, add an entry to the list and one sample to
 * `vectors/kernel-log`; a test demands the sample.
 */
export interface LogRule {
  /** Stable name, kebab-case: it is what statistics are kept by. */
  readonly id: string;
  readonly kind: IncidentKind;
  /**
   * Matched at the start of a message, after all stamps. Case-sensitive, without flags and without `^`.
   * Groups that are named `task`, `pid`, `symbol` are taken over into the incident.
   */
  readonly pattern: RegExp;
  /** Title; `{function}` is the first telling frame of the stack, `{1}` a group of the pattern. */
  readonly title: string;
}
