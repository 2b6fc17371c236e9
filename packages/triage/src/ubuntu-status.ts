import { isDebianVersion } from './debian-version.ts';
import type { Statement, Status } from './record.ts';

/** Ubuntu's words for a package (README of the tracker). What is ignored or not judged yet is unknown: it may well be affected. */
const statuses: Readonly<Record<string, Status | 'absent'>> = {
  DNE: 'absent',
  'needs-triage': 'unknown',
  'in-progress': 'affected',
  needed: 'affected',
  'not-affected': 'unaffected',
  ignored: 'unknown',
  pending: 'affected',
  deferred: 'affected',
  active: 'affected',
  released: 'affected',
};

/** Whether a word is one of Ubuntu's statuses. */
export function isUbuntuStatus(word: string): boolean {
  return Object.hasOwn(statuses, word);
}

/** What a status says of a kernel package; nothing where the package is not in the suite, or the "suite" is upstream or in development. */
export function ubuntuStatement(suite: string, source: string, word: string, note: string): Statement[] {
  const status = statuses[word];
  if (status === undefined || status === 'absent' || suite === 'upstream' || suite === 'product') return [];
  const fixed = word === 'released' || word === 'pending';
  const fixedIn = fixed && isDebianVersion(note) ? note : null;
  return [
    { kind: 'package', by: 'ubuntu', suite, source, status: fixed && fixedIn === null ? 'unknown' : status, fixedIn },
  ];
}

/** Commits that a `break-fix: BREAK FIX` line names as the fix; several are joined by `|`, and what is not a commit id is left. */
export function fixesOfBreakFix(line: string): string[] {
  const [, fixes = ''] = /^break-fix: +\S+ +(\S+)$/.exec(line) ?? [];
  return fixes.split('|').filter((id) => /^[0-9a-f]{7,40}$/.test(id));
}
