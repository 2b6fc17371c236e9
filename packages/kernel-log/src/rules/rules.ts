import type { LogRule } from '../rule.ts';
import { externalRules } from './external-rules.ts';
import { faultRules, oopsRules } from './fault-rules.ts';
import { hangRules } from './hang-rules.ts';
import { lockingRules } from './locking-rules.ts';
import { memoryRules } from './memory-rules.ts';
import { panicRules } from './panic-rules.ts';
import { warnRules } from './warning-rules.ts';

/** Version of {@link defaultRules}: raised with each change that finds more, finds less or changes a title. */
export const rulesVersion = 3;

/**
 * What the scanner looks for, in the order in which it is tried: the first rule that matches a line has it.
 *
 * @example
 * ```ts
 * import { defaultRules } from '@klpkit/kernel-log';
 *
 * console.log(defaultRules.filter((rule) => rule.kind === 'hang').map((rule) => rule.id));
 * ```
 */
export const defaultRules: readonly LogRule[] = [
  ...externalRules,
  ...faultRules,
  ...oopsRules,
  ...memoryRules,
  ...hangRules,
  ...lockingRules,
  ...warnRules,
  ...panicRules,
];
