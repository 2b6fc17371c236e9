import type { QueueEntry } from './queue-entry.ts';

/** What of an entry says which release fixes it; a line of `klpkit triage --json` has it. */
export type WorkItem = Pick<QueueEntry, 'cve' | 'eligible'>;

/**
 * The CVEs that a livepatch made from these entries fixes, for the `fixes` of its release document: the eligible ones, each once, in the order of work.
 *
 * @example
 * ```ts
 * import { fixesOf } from '@klpkit/triage';
 *
 * fixesOf([{ cve: 'CVE-2024-1086', eligible: true }, { cve: 'CVE-2024-26925', eligible: false }]); // ['CVE-2024-1086']
 * ```
 */
export function fixesOf(entries: readonly WorkItem[]): string[] {
  return [...new Set(entries.filter(({ eligible }) => eligible).map(({ cve }) => cve))];
}
