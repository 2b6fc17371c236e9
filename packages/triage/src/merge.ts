import { uniqueCommits } from './commit.ts';
import type { RecordFormat, Vulnerability, VulnerabilityRecord } from './record.ts';
import { unique } from './text.ts';

/** Which source is asked first where only one can be right. */
const order: readonly RecordFormat[] = ['cve', 'osv', 'ubuntu-text', 'ubuntu-json', 'debian-json', 'debian-list'];

function byKey<T>(values: readonly T[], key: (value: T) => string): T[] {
  const seen = new Map<string, T>();
  for (const value of values) if (!seen.has(key(value))) seen.set(key(value), value);
  return [...seen.values()];
}

/** Whether it was rejected: what the CVE record says, else what any other source says. */
function rejectedIn(records: readonly VulnerabilityRecord[], conflicts: string[]): string | null {
  const official = records.filter(({ format }) => format === 'cve');
  const deciding = official.length > 0 ? official : records;
  const rejected = deciding.find((record) => record.rejected !== null)?.rejected ?? null;
  const other = records.find((record) => (record.rejected === null) !== (rejected === null));
  if (other !== undefined) {
    conflicts.push(
      rejected === null
        ? `${other.file} says that the id was rejected, the CVE record does not.`
        : `The id was rejected, but ${other.file} still tracks it.`,
    );
  }
  return rejected;
}

function ratingConflicts({ words, scores }: Pick<Vulnerability, 'words' | 'scores'>): string[] {
  const conflicts: string[] = [];
  if (new Set(words.map(({ priority }) => priority)).size > 1) {
    conflicts.push(`Vendors disagree: ${words.map(({ vendor, word }) => `${vendor} says ${word}`).join(', ')}.`);
  }
  for (const version of unique(scores.map((score) => score.version))) {
    const rated = scores.filter((score) => score.version === version);
    if (new Set(rated.map(({ baseTenths }) => baseTenths)).size > 1) {
      conflicts.push(
        `CVSS ${version} differs: ${rated.map(({ by, baseTenths }) => `${by} ${baseTenths / 10}`).join(', ')}.`,
      );
    }
  }
  return conflicts;
}

function kernelIn(records: readonly VulnerabilityRecord[]): boolean | null {
  if (records.some(({ kernel }) => kernel === true)) return true;
  return records.some(({ kernel }) => kernel === false) ? false : null;
}

function merge(unsorted: readonly VulnerabilityRecord[], cve: string): Vulnerability {
  const records = unsorted.toSorted((a, b) => order.indexOf(a.format) - order.indexOf(b.format));
  const conflicts: string[] = [];
  const dates = records.flatMap(({ publishedAt }) => publishedAt ?? []);
  const words = byKey(
    records.flatMap((record) => record.words),
    ({ vendor, word }) => `${vendor} ${word}`,
  );
  const scores = byKey(
    records.flatMap((record) => record.scores),
    ({ vector, by }) => `${vector} ${by}`,
  );
  const rejected = rejectedIn(records, conflicts);
  return {
    cve,
    files: unique(unsorted.map(({ file }) => file)).toSorted(),
    formats: unique(records.map(({ format }) => format)),
    rejected,
    kernel: kernelIn(records),
    title: records.find(({ title }) => title !== '')?.title ?? '',
    publishedAt: dates.length === 0 ? null : dates.reduce((a, b) => Math.min(a, b)),
    words,
    scores,
    weaknesses: unique(records.flatMap(({ weaknesses }) => weaknesses)),
    programFiles: unique(records.flatMap(({ programFiles }) => programFiles)),
    fixCommits: uniqueCommits(records.flatMap(({ fixCommits }) => fixCommits)),
    statements: byKey(
      records.flatMap(({ statements }) => statements),
      (statement) => JSON.stringify(statement),
    ),
    conflicts: [...conflicts, ...ratingConflicts({ words, scores })],
  };
}

/**
 * Joins what the sources say, by CVE. Lists are united. Where only one can be right: whether the id was rejected is for the CVE record to
 * say; the title is the CVE record's, else OSV's, Ubuntu's, Debian's; the date is the earliest. Everything that contradicts is named in
 * `conflicts`, and which word or score counts is decided by the policy's rules.
 *
 * @returns one for each CVE, in the order in which they first came
 * @example
 * ```ts
 * import { mergeRecords } from '@klpkit/triage';
 *
 * const none = mergeRecords([]);
 * ```
 */
export function mergeRecords(records: readonly VulnerabilityRecord[]): Vulnerability[] {
  const groups = new Map<string, VulnerabilityRecord[]>();
  for (const record of records) {
    const group = groups.get(record.cve);
    if (group === undefined) groups.set(record.cve, [record]);
    else group.push(record);
  }
  return [...groups].map(([cve, group]) => merge(group, cve));
}
