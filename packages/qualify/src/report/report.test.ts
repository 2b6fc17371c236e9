import { describe, expect, it } from 'vitest';
import { isQualifyError } from '../error.ts';
import type { QualificationReport } from '../qualification-report.ts';
import { readResults } from '../results/read-results.ts';
import { reportToHtml } from './html.ts';
import { reportToJunit } from './junit.ts';
import { parseReport, reportToJson } from './report-json.ts';
import { sampleReport } from './sample-report.fixture.ts';

const kinds = ['good', 'bad', 'undecided'] as const;

/** The report with a hostile text wherever a kernel, a test or a file name could put one. */
function poisoned(text: string): QualificationReport {
  const walk = (value: unknown, key: string): unknown => {
    if (Array.isArray(value)) return value.map((each) => walk(each, key));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, walk(each, name)]));
    const fixed = ['kind', 'outcome', 'weight', 'verdict', 'class', 'accelerator', 'attribution', 'code'];
    return typeof value === 'string' && !fixed.includes(key) ? text : value;
  };
  return walk(sampleReport('bad'), '') as QualificationReport;
}

describe('the page', () => {
  it.each([
    ['good', 'Pass', 'Nothing speaks against a release'],
    ['bad', 'Fail', 'must not be released'],
    ['undecided', 'Inconclusive', 'not known to be good'],
  ] as const)('of a %s patch says %s', (kind, word, sentence) => {
    const page = reportToHtml(sampleReport(kind));
    expect(page).toContain(`<title>${word}: livepatch_cve_2024_1086 on 6.1.0-50-cloud-amd64</title>`);
    expect(page).toContain(sentence);
  });

  it('shows what made the patch fail', () => {
    const page = reportToHtml(sampleReport('bad'));
    for (const part of ['KERNEL_INCIDENT', 'TEST_REGRESSED', 'tcp_check_req+0x3c1/0x650', '12 of 12', 'oopses 0 → 1'])
      expect(page).toContain(part);
  });

  it.each([
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "'/><svg onload=x>",
    '</style><script>',
    '</pre><b>',
  ])('runs nothing of %s', (text) => {
    const page = reportToHtml(poisoned(text));
    expect(page).not.toContain(text);
    expect(page.match(/<(?:script|img|svg|iframe|object|link|a)\b/gi)).toBeNull();
    expect(page.match(/ on\w+="/g)).toBeNull();
    expect(page.match(/<\/style>/g)).toHaveLength(1);
  });

  it('does not let a name turn the text round, or hold what markup cannot', () => {
    const page = reportToHtml(poisoned('a\u202Eb\u0000c\uD800d'));
    expect(page).toContain('a\uFFFDb\uFFFDc\uFFFDd');
  });

  it('fetches nothing, and says so to the browser', () => {
    const page = reportToHtml(sampleReport('bad'));
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(page.match(/(?:src|href|url)\s*[=(]/g)).toBeNull();
  });

  it('stays small where there are a hundred thousand tests', () => {
    const report = sampleReport('bad');
    const tests = Array.from({ length: 100_000 }, () => report.regression?.tests[0]).filter(
      (test) => test !== undefined,
    );
    const page = reportToHtml({ ...report, regression: report.regression && { ...report.regression, tests } });
    expect(page.length).toBeLessThan(4_000_000);
    expect(page).toContain('98000 more are in the JSON report.');
  });
});

describe('JUnit', () => {
  it('is read back by our own reader, with what it says', () => {
    const { results } = readResults(reportToJunit(sampleReport('bad')));
    const statusOf = Object.fromEntries(results.map(({ name, status }) => [name, status]));
    expect(statusOf).toMatchObject({
      'qualification > verdict': 'fail',
      'load test > load under work': 'fail',
      'load test > unload': 'skip',
      'load test > load': 'pass',
      'regression > timers: rtcpie': 'pass',
      'regression > livepatch: test-livepatch.sh > basic function patching': 'fail',
    });
  });

  it('makes a doubt an error: nobody must take it for a pass', () => {
    const [verdict] = readResults(reportToJunit(sampleReport('undecided'))).results;
    expect(verdict).toMatchObject({ status: 'error', reason: 'MORE_RUNS' });
    expect(readResults(reportToJunit(sampleReport('good'))).results.every(({ status }) => status !== 'error')).toBe(
      true,
    );
  });

  it.each(['<&>"\'', ']]>', 'a\u0000b\u001B[31m', '\uFFFE\uD800'])('is well-formed with %j in it', (text) => {
    expect(readResults(reportToJunit(poisoned(text))).results.length).toBeGreaterThan(5);
  });
});

describe('JSON', () => {
  it.each(kinds)('comes back as it was: %s', (kind) => {
    expect(parseReport(reportToJson(sampleReport(kind)))).toEqual(sampleReport(kind));
  });

  it.each([
    ['{', 'this is not JSON'],
    ['[]', 'a list'],
    [reportToJson(sampleReport('good')).replace('"version": 1', '"version": 2'), 'another version'],
    [reportToJson(sampleReport('good')).replace('"verdict": "pass"', '"verdict": "fine"'), 'another verdict'],
    [reportToJson(sampleReport('good')).replace('"steps": [', '"steps": [5,'), 'a step that is none'],
  ])('refuses %#', (text) => {
    let code: string | undefined;
    try {
      parseReport(text);
    } catch (error) {
      if (isQualifyError(error)) code = error.code;
    }
    expect(code).toBe('MALFORMED_REPORT');
  });
});
