import type { LoadStep } from '../load-report.ts';
import type { QualificationReport } from '../qualification-report.ts';
import type { TestComparison } from '../regression-report.ts';
import { type Markup, markup, type Part } from './markup.ts';

interface Suite {
  readonly name: string;
  readonly durationMs: number;
  readonly cases: readonly Case[];
}

interface Case {
  readonly name: string;
  readonly durationMs: number;
  readonly ending: {
    readonly kind: 'failure' | 'error' | 'skipped';
    readonly type: string;
    readonly message: string;
  } | null;
  readonly output: string;
}

function stepCase(step: LoadStep): Case {
  const { title, durationMs, outcome, detail, incidents } = step;
  const ending = {
    ok: null,
    failed: { kind: 'failure', type: step.kind, message: detail },
    'not-run': { kind: 'skipped', type: step.kind, message: detail },
  } as const;
  const output = incidents.map(({ line, trace }) => [line, ...(trace ?? [])].join('\n')).join('\n\n');
  return { name: title, durationMs, ending: ending[outcome], output };
}

const figures = ({ unpatched, patched }: TestComparison): string =>
  `failed in ${patched.failed} of ${patched.runs} runs, unpatched in ${unpatched.failed} of ${unpatched.runs}`;

function endingOf(test: TestComparison): Case['ending'] {
  const message = `${test.class}: ${figures(test)}`;
  switch (test.class) {
    case 'regression':
    case 'vanished':
    case 'slower':
      return { kind: 'failure', type: test.class, message };
    case 'suspect':
      return { kind: 'error', type: test.class, message };
    case 'skipped':
      return { kind: 'skipped', type: test.class, message };
    default:
      return null;
  }
}

function testCase(test: TestComparison): Case {
  const note = test.class === 'pass' ? '' : `${test.class}: ${figures(test)}`;
  const output = [note, test.lastFailure].filter((part) => part !== '').join('\n');
  return { name: test.name, durationMs: test.patched.medianMs ?? 0, ending: endingOf(test), output };
}

/** What is about no test in particular: that runs are missing, or a kernel. JUnit has no word for undecided, so a doubt is an error. */
function verdictCase({ verdict, reasons }: QualificationReport): Case {
  const output = reasons.map(({ code, message }) => `${code}: ${message}`).join('\n');
  const message = reasons
    .map(({ code }) => code)
    .join(', ')
    .slice(0, 512);
  const kind = verdict === 'fail' ? 'failure' : 'error';
  return {
    name: 'verdict',
    durationMs: 0,
    ending: verdict === 'pass' ? null : { kind, type: verdict, message },
    output,
  };
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

function caseMarkup(suite: string, { name, durationMs, ending, output }: Case): Markup {
  const told: Record<'failure' | 'error' | 'skipped', (type: string, message: string) => Markup> = {
    failure: (type, message) => markup`<failure type="${type}" message="${message}"/>`,
    error: (type, message) => markup`<error type="${type}" message="${message}"/>`,
    skipped: (_, message) => markup`<skipped message="${message}"/>`,
  };
  const parts: Part = [
    ending === null ? null : told[ending.kind](ending.type, ending.message),
    output === '' ? null : markup`<system-out>${output}</system-out>`,
  ];
  return markup`    <testcase classname="${suite}" name="${name}" time="${seconds(durationMs)}">${parts}</testcase>\n`;
}

function suiteMarkup({ name, durationMs, cases }: Suite): Markup {
  const count = (kind: string): number => cases.filter(({ ending }) => ending?.kind === kind).length;
  return markup`  <testsuite name="${name}" tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}" time="${seconds(durationMs)}">
${cases.map((each) => caseMarkup(name, each))}  </testsuite>
`;
}

/**
 * The report as JUnit XML, for a CI that shows it: the verdict, the steps of the load test and each compared test as test cases.
 *
 * @example
 * ```ts
 * import { reportToJunit, type QualificationReport } from '@klpkit/qualify';
 *
 * export const lines = (report: QualificationReport): string[] => reportToJunit(report).split('\n');
 * ```
 */
export function reportToJunit(report: QualificationReport): string {
  const { load, regression, patch, kernel, startedAt, finishedAt } = report;
  const suites: Suite[] = [
    { name: 'qualification', durationMs: finishedAt - startedAt, cases: [verdictCase(report)] },
    { name: 'load test', durationMs: load.durationMs, cases: load.steps.map(stepCase) },
    { name: 'regression', durationMs: 0, cases: (regression?.tests ?? []).map(testCase) },
  ];
  const name = `${patch.module} on ${kernel.release}`;
  const document = markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${name}" time="${seconds(finishedAt - startedAt)}">
${suites.filter(({ cases }) => cases.length > 0).map(suiteMarkup)}</testsuites>
`;
  return document.markup;
}
