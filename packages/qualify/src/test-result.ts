/** A kind of test output that is read here. `tap` covers versions 12 to 14. */
export type ResultFormat = 'ktap' | 'tap' | 'kselftest' | 'ltp' | 'kirk' | 'junit';

/**
 * How one test ended.
 *
 * - `pass`, `fail`
 * - `skip`: it did not run, on purpose
 * - `xfail`: it failed, as its author expects (TODO, XFAIL); `xpass`: it passed although its author expects a failure. Neither is held
 *   against a patch
 * - `error`: the test itself broke (LTP's TBROK, JUnit's error, KTAP's `ERROR`)
 * - `timeout`: it was stopped because it took too long
 * - `missing`: it was planned, or begun, and no result came
 */
export type TestStatus = 'pass' | 'fail' | 'skip' | 'xfail' | 'xpass' | 'error' | 'timeout' | 'missing';

/** One test of one run. */
export interface TestResult {
  /** Unique in its run. Parts of a nested test are joined by ` > `, as in `timers: posix_timers > check_itimer`; doubles get ` #2`. */
  readonly name: string;
  readonly status: TestStatus;
  /** How long it took, milliseconds; `null` where the format does not tell. */
  readonly durationMs: number | null;
  /** Reason given for skip or expected failure, or the message of a failure; `''` where there is none. At most 512 characters. */
  readonly reason: string;
  /** The end of what it printed, at most `maxOutput` characters. Untrusted text. */
  readonly output: string;
}

/** Something that is wrong with a run as a whole although its results can be read: a bad plan, a bail-out, a count that does not add up. */
export interface RunFault {
  /** Line of the input, from 1. */
  readonly line: number;
  readonly message: string;
}

/** One run of a set of tests on one kernel, from one boot of it. */
export interface TestRun {
  readonly format: ResultFormat;
  /** A test with subtests comes after them, with a status of its own: it fails where any of them does, not always the same one. */
  readonly results: readonly TestResult[];
  readonly faults: readonly RunFault[];
  /**
   * The tests that were asked for in this run, by name; `null`: all there are. A test that was asked for and is not among the results is
   * `missing`; one that was not asked for is not counted.
   */
  readonly only: readonly string[] | null;
}
