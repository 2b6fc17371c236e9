import type { Priority } from './priority.ts';
import type { Vulnerability } from './record.ts';

/** A rule for what nobody rated. Each list that is given must have something that fits. */
export interface PriorityRule {
  /** Name of the rule, which the queue shows. */
  readonly id: string;
  /** CWE ids. */
  readonly weaknesses?: readonly string[];
  /** Words in the title, of any case. */
  readonly words?: readonly string[];
  /** Beginnings of program files. */
  readonly paths?: readonly string[];
  readonly priority: Priority;
}

/**
 * Rules for records that nobody rated, as those of the kernel's CNA are on their first day: what corrupts memory is high, a leak is low.
 *
 * @example
 * ```ts
 * import { defaultPriorityRules } from '@klpkit/triage';
 *
 * const first = defaultPriorityRules[0]?.id; // 'memory-corruption'
 * ```
 */
export const defaultPriorityRules: readonly PriorityRule[] = [
  {
    id: 'memory-corruption',
    weaknesses: ['CWE-119', 'CWE-120', 'CWE-121', 'CWE-122', 'CWE-415', 'CWE-416', 'CWE-787', 'CWE-843'],
    priority: 'high',
  },
  {
    id: 'memory-corruption-by-title',
    words: [
      'use-after-free',
      'use after free',
      'uaf',
      'double free',
      'double-free',
      'out-of-bounds write',
      'oob write',
      'buffer overflow',
      'heap overflow',
      'stack overflow',
      'memory corruption',
    ],
    priority: 'high',
  },
  { id: 'privilege-escalation', words: ['privilege escalation', 'escalate privileges'], priority: 'high' },
  { id: 'leak', words: ['memory leak', 'memleak', 'refcount leak', 'resource leak'], priority: 'low' },
];

function hasWord(title: string, word: string): boolean {
  const at = title.toLowerCase().indexOf(word.toLowerCase());
  if (at < 0) return false;
  return !/[a-z0-9]/i.test(`${title[at - 1] ?? ''}${title[at + word.length] ?? ''}`);
}

/** The first rule that fits. */
export function fittingRule(rules: readonly PriorityRule[], flaw: Vulnerability): PriorityRule | undefined {
  return rules.find(({ weaknesses, words, paths }) => {
    if (weaknesses !== undefined && !weaknesses.some((id) => flaw.weaknesses.includes(id))) return false;
    if (words !== undefined && !words.some((word) => hasWord(flaw.title, word))) return false;
    if (paths !== undefined && !paths.some((path) => flaw.programFiles.some((file) => file.startsWith(path))))
      return false;
    return weaknesses !== undefined || words !== undefined || paths !== undefined;
  });
}
