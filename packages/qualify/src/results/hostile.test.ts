import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQualifyError } from '../error.ts';
import type { ResultFormat } from '../test-result.ts';
import { defaultResultLimits, type ResultLimits } from './limits.ts';
import { readResults } from './read-results.ts';

function faultOf(text: string, format?: ResultFormat, limits: Partial<ResultLimits> = {}): string | undefined {
  try {
    readResults(text, { ...(format === undefined ? {} : { format }), limits: { ...defaultResultLimits, ...limits } });
  } catch (error) {
    if (isQualifyError(error)) return `${error.code} ${error.line}`;
    throw error;
  }
  return undefined;
}

const suite = (body: string): string => `<testsuite name="s">\n${body}\n</testsuite>`;

describe('what is refused, and where', () => {
  it.each<[string, string, string, ResultFormat | undefined]>([
    ['nothing', '', 'UNKNOWN_FORMAT 1', undefined],
    ['prose', 'All tests passed.\n', 'UNKNOWN_FORMAT 1', undefined],
    ['JSON that is cut off', '{"results":[', 'MALFORMED_RESULTS 1', undefined],
    ['JSON without results', '{"tests":[]}', 'MALFORMED_RESULTS 1', undefined],
    [
      'a status that kirk does not have',
      '{"results":[{"test_fqn":"a","status":"good"}]}',
      'MALFORMED_RESULTS 1',
      'kirk',
    ],
    [
      'a status from the prototype',
      '{"results":[{"test_fqn":"a","status":"toString"}]}',
      'MALFORMED_RESULTS 1',
      'kirk',
    ],
    [
      'an endless duration',
      '{"results":[{"test_fqn":"a","status":"pass","test":{"duration":1e999}}]}',
      'MALFORMED_RESULTS 1',
      'kirk',
    ],
    ['an LTP test without a tag', 'x\n<<<test_start>>>\n<<<test_end>>>\n', 'MALFORMED_RESULTS 2', 'ltp'],
    ['XML that is cut off', '<testsuite>\n<testcase name="a">', 'MALFORMED_RESULTS 2', undefined],
    ['XML that is not well-formed', '<testsuite>\n</testcase>', 'MALFORMED_RESULTS 2', undefined],
    ['XML that is about something else', '<html></html>', 'MALFORMED_RESULTS 1', undefined],
    [
      'a testcase in a testcase',
      suite('<testcase name="a"><testcase name="b"/></testcase>'),
      'MALFORMED_RESULTS 2',
      undefined,
    ],
    ['a testcase without a name', suite('<testcase/>'), 'MALFORMED_RESULTS 2', undefined],
    ['a time that is none', suite('<testcase name="a" time="soon"/>'), 'MALFORMED_RESULTS 2', undefined],
    ['a time below zero', suite('<testcase name="a" time="-1"/>'), 'MALFORMED_RESULTS 2', undefined],
    ['an entity of its own', suite('<testcase name="&lol;"/>'), 'MALFORMED_RESULTS 2', undefined],
    ['an entity of HTML', suite('<testcase name="&nbsp;"/>'), 'MALFORMED_RESULTS 2', undefined],
  ])('%s', (_, text, expected, format) => {
    expect(faultOf(text, format)).toBe(expected);
  });

  it('a document type, whatever is in it: entities that grow, files that are read', () => {
    const grows = '<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n';
    expect(faultOf(`<?xml version="1.0"?>\n${grows}${suite('<testcase name="&b;"/>')}`)).toBe('MALFORMED_RESULTS 2');
    const reads = '<!DOCTYPE s SYSTEM "file:///etc/hostname">\n';
    expect(faultOf(`${reads}${suite('')}`)).toBe('MALFORMED_RESULTS 1');
  });

  it('more than the limits take', () => {
    expect(faultOf('1..3\nok 1\nok 2\nok 3\n', 'tap', { maxResults: 2 })).toBe('TOO_LARGE 4');
    expect(faultOf('1..1\nok 1\n', 'tap', { maxCharacters: 5 })).toBe('TOO_LARGE 1');
    const nested = Array.from({ length: 40 }, (_, depth) => `${'  '.repeat(depth)}KTAP version 1\n`).join('');
    expect(faultOf(nested)).toBe('TOO_DEEP 17');
    expect(faultOf('<testsuite>\n'.repeat(40))).toBe('TOO_DEEP 17');
  });
});

describe('what is endured', () => {
  it('a plan of more tests than there can be', () => {
    const run = readResults('1..999999999999999\nok 1 a\n');
    expect(run.results).toHaveLength(1);
    expect(run.faults).toHaveLength(1);
  });

  it('faults without end: a hundred are kept', () => {
    const run = readResults(`1..1\n${'ok 7 a\n'.repeat(5000)}`);
    expect(run.faults).toHaveLength(101);
    expect(run.faults.at(-1)?.message).toBe('4900 more faults were left out.');
  });

  it('names with control characters, too long, or all the same', () => {
    const long = 'x'.repeat(10_000);
    const { results } = readResults(`1..4\nok 1 a\u001B[31m\u202Eb\nok 2 ${long}\nok 3 same\nok 4 same\n`);
    expect(results.map(({ name }) => name)).toEqual(['a [31m b', 'x'.repeat(256), 'same', 'same #2']);
  });

  it('lines and texts that patterns could choke on, in time that grows with them alone', () => {
    const bombs = [
      `1..1\nok 1 ${' #'.repeat(50_000)}\n`,
      `1..1\nok${' '.repeat(100_000)}x\n`,
      `1..1\n${'  ---\n'.repeat(50_000)}`,
      `1..1\nok 1 a\n  ---\n${'x\n'.repeat(200_000)}`,
      `# selftests: a: b\n${'# TEST: x ... '.repeat(20_000)}\n`,
      `${'[ '.repeat(50_000)}\n1..1\nok 1\n`,
    ];
    for (const bomb of bombs) expect(readResults(bomb).results.length).toBeLessThanOrEqual(2);
  });

  it('any text at all: a run or a coded error', () => {
    const formats: ResultFormat[] = ['tap', 'ktap', 'kselftest', 'ltp', 'kirk', 'junit'];
    const pieces = [
      'ok 1 a',
      'not ok 2',
      '1..2',
      '  1..1',
      '    ok 1',
      'KTAP version 1',
      '# selftests: a: b',
      '---',
      '...',
    ];
    const more = [
      '<<<test_start>>>',
      'tag=a',
      '<<<test_end>>>',
      '<testsuite>',
      '<testcase name="a"/>',
      '{"results":[]}',
    ];
    const line = fc.oneof(fc.constantFrom(...pieces, ...more), fc.string());
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom(...formats), (lines, format) => {
        const fault = faultOf(lines.join('\n'), format);
        expect(fault ?? 'MALFORMED_RESULTS').toMatch(/^(?:MALFORMED_RESULTS|TOO_DEEP)/);
      }),
      { numRuns: 500 },
    );
  });
});
