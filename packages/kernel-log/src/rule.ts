import type { IncidentKind } from './incident.ts';

/**
 * One entry of the list of what the scanner knows.
 *
 * A rule is data. To add one, add an entry to the list and one sample with its id to `vectors/kernel-log`; a test demands
 * the sample, another that the entry is well formed (see {@link checkRules}).
 *
 * @example
 * ```ts
 * import { defaultRules, scanKernelLog, type LogRule } from '@klpkit/kernel-log';
 *
 * const mine: LogRule = {
 *   id: 'my-driver-dead',
 *   kind: 'fault',
 *   anchors: ['my_driver: firmware died'],
 *   pattern: /my_driver: firmware died, code (?<code>\d+)/,
 *   title: 'my_driver: firmware died ({code}) in {function}',
 * };
 * for await (const incident of scanKernelLog([], { rules: [...defaultRules, mine] })) console.log(incident.rule);
 * ```
 */
export interface LogRule {
  /** Stable name, kebab-case: it is what statistics are kept by. */
  readonly id: string;
  readonly kind: IncidentKind;
  /**
   * Each matching line has one of these texts in it, at the beginning of a word. The anchors of all rules together are the
   * scanner's fast first look at a block of text.
   */
  readonly anchors: readonly string[];
  /**
   * Matched at the start of a message, after all stamps; no flags. Named groups go into the title by their name. Five of
   * them mean more: `ip` (`func+0x1/0x2 [module]`, where it happened), `function`, `number` (of the oops), `comm` and `pid`.
   */
  readonly pattern: RegExp;
  /** Title with `{name}` for what was found. Where nothing was found for it, the name goes together with the word before it. */
  readonly title: string;
  /**
   * - left out: the line begins an incident
   * - `lead`: it does too, but a more exact line of the same block takes over
   * - `follow`: it belongs to the incident that is open, if there is one, and begins one where the first lines are lost
   */
  readonly role?: 'lead' | 'follow';
  /** A checker's report: the bad access itself may follow as an oops, which is then a consequence. */
  readonly report?: true;
  /** Patterns for the lines after it whose named groups go into the title; the first to give a name wins. */
  readonly details?: readonly RegExp[];
  /** Begins a stack that is not the failing task's, of which the first telling function goes into the title. */
  readonly origin?: RegExp;
  /** Functions that are not the culprit, besides those that never are. */
  readonly skip?: RegExp;
  /** How `{function}` is chosen: `stall` and `hung-task` look for what is telling in a random sample of a stack. */
  readonly pick?: 'stall' | 'hung-task';
}
