import { QualifyError } from '../error.ts';
import type { ResultFormat, RunFault, TestRun } from '../test-result.ts';
import { defaultResultLimits, type ResultLimits } from './limits.ts';
import { readJunit } from './read-junit.ts';
import { readKirk } from './read-kirk.ts';
import { readKselftest } from './read-kselftest.ts';
import { readLtp } from './read-ltp.ts';
import { readTap } from './read-tap.ts';
import type { ReadContext } from './tap-level.ts';
import { createCounter, flatten, type TestNode } from './test-node.ts';

/** How to read a file of results. */
export interface ReadResultsOptions {
  /** Told by the text where absent. */
  readonly format?: ResultFormat;
  /** The tests that were asked for, see {@link TestRun.only}; all where absent. */
  readonly only?: readonly string[] | null;
  readonly limits?: ResultLimits;
}

/** Most faults that are kept of one run; one more says how many were left out. */
const maxFaults = 100;

const readers: Readonly<Record<ResultFormat, (text: string, context: ReadContext) => TestNode[]>> = {
  tap: readTap,
  ktap: readTap,
  kselftest: readKselftest,
  ltp: readLtp,
  kirk: readKirk,
  junit: readJunit,
};

/** What each format has at the beginning of a line, the more special first. */
const marks: readonly (readonly [ResultFormat, RegExp])[] = [
  ['ltp', /^(?:<<<test_start>>>|Test Start Time:)/m],
  ['kselftest', /^(?:# selftests: |(?:not )?ok \d{1,9} selftests: )/m],
  ['ktap', /^(?:<\d{1,3}>)?(?:\[[ \d.]{1,20}\])? {0,64}KTAP version \d/m],
  ['tap', /^(?: {0,64}TAP version \d| {0,64}1\.\.\d| {0,64}(?:not )?ok(?: |$))/m],
];

function formatOf(text: string): ResultFormat {
  const start = text.slice(0, 1024).trimStart();
  if (/^<[?!A-Za-z]/.test(start)) return 'junit';
  if (start.startsWith('{')) return 'kirk';
  const found = marks.find(([, mark]) => mark.test(text));
  if (found !== undefined) return found[0];
  throw new QualifyError(
    'UNKNOWN_FORMAT',
    'This is neither KTAP, TAP, kselftest, LTP, kirk nor JUnit: check which file was given, or name the format.',
    { line: 1 },
  );
}

function createFaults(): { faults: RunFault[]; add: (fault: RunFault) => void; end: () => void } {
  const faults: RunFault[] = [];
  let left = 0;
  return {
    faults,
    add(fault) {
      if (faults.length < maxFaults) faults.push(fault);
      else left += 1;
    },
    end() {
      if (left > 0) faults.push({ line: 1, message: `${left} more faults were left out.` });
    },
  };
}

/**
 * Reads the results of one run of tests. The work grows with the text alone; what was printed is kept at its end only. What cannot be
 * understood throws; what is merely not as it should be (a plan that does not add up, a run that was cut off) is told in `faults`.
 *
 * @throws {@link QualifyError} `UNKNOWN_FORMAT`, `MALFORMED_RESULTS`, `TOO_LARGE`, `TOO_DEEP`, each with the line.
 * @example
 * ```ts
 * import { readResults } from '@klpkit/qualify';
 *
 * const run = readResults('TAP version 13\n1..2\nok 1 opens\nnot ok 2 closes # TODO not written yet\n');
 * console.log(run.format, run.results.map(({ name, status }) => `${name}: ${status}`)); // tap [ 'opens: pass', 'closes: xfail' ]
 * ```
 */
export function readResults(text: string, options: ReadResultsOptions = {}): TestRun {
  const limits = options.limits ?? defaultResultLimits;
  if (text.length > limits.maxCharacters)
    throw new QualifyError('TOO_LARGE', `The file has more than ${limits.maxCharacters} characters: split the run.`, {
      line: 1,
    });
  const format = options.format ?? formatOf(text);
  const kept = createFaults();
  const nodes = readers[format](text, { limits, count: createCounter(limits), fault: kept.add });
  kept.end();
  return { format, results: flatten(nodes), faults: kept.faults, only: options.only ?? null };
}
