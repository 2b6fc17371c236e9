/** What a reader takes before it refuses. */
export interface ReadLimits {
  /** Most characters of one file. Debian's whole export has some 70 million. */
  readonly maxCharacters: number;
  /** Deepest nesting of JSON. */
  readonly maxDepth: number;
  /** Most records in one file. */
  readonly maxRecords: number;
  /** Most entries of one list in one record: ranges, references, suites. */
  readonly maxEntries: number;
}

/**
 * Limits that fit every file that the sources publish.
 *
 * @example
 * ```ts
 * import { defaultReadLimits, readRecords } from '@klpkit/triage';
 *
 * const none = readRecords('[]', { file: 'empty.json', limits: { ...defaultReadLimits, maxRecords: 10 } });
 * ```
 */
export const defaultReadLimits: ReadLimits = {
  maxCharacters: 134_217_728,
  maxDepth: 32,
  maxRecords: 500_000,
  maxEntries: 2048,
};
