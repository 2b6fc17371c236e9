/** What a reader takes before it refuses, and what it keeps. */
export interface ResultLimits {
  /** Most characters of one file. */
  readonly maxCharacters: number;
  /** Most results in one file; those of nested tests count. */
  readonly maxResults: number;
  /** Deepest nesting of subtests, of suites and of JSON. */
  readonly maxDepth: number;
  /** Characters kept of what a test printed, its end. */
  readonly maxOutput: number;
}

/**
 * Limits that fit a run of all of kselftest or LTP.
 *
 * @example
 * ```ts
 * import { defaultResultLimits, readResults } from '@klpkit/qualify';
 *
 * const run = readResults('1..1\nok 1 boots\n', { limits: { ...defaultResultLimits, maxOutput: 256 } });
 * ```
 */
export const defaultResultLimits: ResultLimits = {
  maxCharacters: 67_108_864,
  maxResults: 100_000,
  maxDepth: 16,
  maxOutput: 4096,
};

/** Characters of a line that are looked at; longer lines are cut there, so that no pattern meets a long text. */
export const maxLineCharacters = 4096;

/** Characters kept of a name, all its parts together. */
export const maxNameCharacters = 256;

/** Characters kept of a reason. */
export const maxReasonCharacters = 512;
