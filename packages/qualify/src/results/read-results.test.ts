import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TestRun } from '../test-result.ts';
import { readResults } from './read-results.ts';

const vector = (file: string): TestRun =>
  readResults(readFileSync(new URL(`../../../../vectors/qualify/${file}`, import.meta.url), 'utf8'));
const statuses = (run: TestRun): string[] => run.results.map(({ name, status }) => `${status} ${name}`);
const find = (run: TestRun, name: string) => run.results.find((result) => result.name === name);

describe('what real runners print', () => {
  it('reads KUnit out of a kernel log, nested', () => {
    const run = vector('kunit.ktap');
    expect(run.format).toBe('ktap');
    expect(statuses(run)).toEqual([
      'pass list_sort > sorts_stable',
      'skip list_sort > sorts_empty',
      'pass list_sort',
      'pass bitmap > weight > 32 bits',
      'fail bitmap > weight > 64 bits',
      'fail bitmap > weight',
      'pass bitmap > shift',
      'fail bitmap',
    ]);
    expect(run.faults).toEqual([]);
    expect(find(run, 'list_sort > sorts_empty')?.reason).toBe('needs two processors');
    expect(find(run, 'bitmap > weight > 64 bits')?.output).toContain('EXPECTATION FAILED');
  });

  it("reads kselftest's runner with the programs' own tests, timeouts and what was cut off", () => {
    const run = vector('kselftest.txt');
    expect(run.format).toBe('kselftest');
    expect(statuses(run)).toEqual([
      'pass livepatch: test-livepatch.sh > basic function patching',
      'pass livepatch: test-livepatch.sh > multiple livepatches',
      'fail livepatch: test-livepatch.sh > atomic replace livepatch',
      'fail livepatch: test-livepatch.sh',
      'pass livepatch: test-sysfs.sh > sysfs test',
      'pass livepatch: test-sysfs.sh',
      'skip livepatch: test-kprobe.sh',
      'pass timers: posix_timers > check_itimer_virtual',
      'skip timers: posix_timers > check_itimer_prof',
      'fail timers: posix_timers > check_itimer_real',
      'fail timers: posix_timers',
      'timeout timers: nanosleep',
      'missing timers: rtcpie',
    ]);
    expect(find(run, 'livepatch: test-livepatch.sh')?.output).toContain("-livepatch: enabling patch 'test_klp_atomic");
    expect(run.faults.map(({ message }) => message)).toEqual(['timers: rtcpie has begun and has no result.']);
  });

  it('reads TAP 14 with YAML, escapes, a bail-out and a plan that does not add up', () => {
    const run = vector('tap14.tap');
    expect(run.format).toBe('tap');
    expect(statuses(run)).toEqual([
      'pass cache > opens',
      'xfail cache > evicts # of entries',
      'pass cache',
      'skip no network',
      'fail reads',
    ]);
    expect(find(run, 'cache > opens')?.durationMs).toBe(12.75);
    expect(find(run, 'reads')?.output).toContain('expected 4, got 5');
    expect(run.faults.map(({ message }) => message)).toEqual([
      'Bailed out: disk is full',
      '5 tests were planned and 3 gave a result.',
    ]);
  });

  it("reads LTP's table", () => {
    const run = vector('ltp.txt');
    expect(statuses(run)).toEqual(['pass abort01', 'skip accept03', 'fail bind06', 'fail clone09']);
    expect(run.faults).toEqual([]);
  });

  it("reads LTP's output with durations, signals and the test that never ended", () => {
    const run = vector('ltp-output.txt');
    expect(statuses(run)).toEqual([
      'pass abort01',
      'skip accept03',
      'timeout bind06',
      'error cve-2016-7117',
      'missing dirtyc0w',
    ]);
    expect(find(run, 'abort01')).toMatchObject({ durationMs: 2000, reason: '' });
    expect(find(run, 'cve-2016-7117')?.reason).toBe('signaled 11');
    expect(run.faults).toMatchObject([{ message: 'dirtyc0w was not ended.' }]);
  });

  it('reads the report of kirk', () => {
    const run = vector('kirk.json');
    expect(run.format).toBe('kirk');
    expect(statuses(run)).toEqual(['pass abort01', 'error bind06', 'skip accept03']);
    expect(find(run, 'abort01')?.durationMs).toBe(314);
  });

  it('reads JUnit: suites in suites, entities of XML, doubles', () => {
    const run = vector('junit.xml');
    expect(run.format).toBe('junit');
    expect(statuses(run)).toEqual([
      'pass storage.Ext4 > mounts',
      'fail storage.Ext4 > syncs <fast>',
      'skip storage.Ext4 > trims',
      'error net.tcp > connects',
      'pass net.tcp > connects #2',
    ]);
    expect(find(run, 'storage.Ext4 > syncs <fast>')).toMatchObject({
      durationMs: 1_201_500,
      reason: 'expected 0 & got 5',
    });
    expect(find(run, 'storage.Ext4 > syncs <fast>')?.output).toContain('syncing <all>');
  });
});

describe('TAP and KTAP, point by point', () => {
  const tap = (text: string): TestRun => readResults(text, { format: 'tap' });

  it.each([
    ['ok 1 - a # SKIP later', 'skip'],
    ['not ok 1 - a # SKIP later', 'skip'],
    ['not ok 1 a # TODO', 'xfail'],
    ['ok 1 a # TODO', 'xpass'],
    ['ok 1 # XFAIL a', 'xfail'],
    ['not ok 1 a # XFAIL', 'xfail'],
    ['ok 1 # XPASS a', 'xpass'],
    ['not ok 1 a # TIMEOUT 45 seconds', 'timeout'],
    ['not ok 1 a # ERROR broken', 'error'],
    ['not ok 1 a # exit=1', 'fail'],
    ['ok 1 a', 'pass'],
    ['ok a', 'pass'],
    ['ok - a', 'pass'],
    ['not ok a', 'fail'],
  ])('%s is %s', (line, status) => {
    expect(tap(`1..1\n${line}\n`).results).toMatchObject([{ name: 'a' }].map((each) => ({ ...each, status })));
  });

  it('does not take text for results', () => {
    const run = tap('1..1\nokay\nnot okay\n  ok 7 deeper than any test\n1..x\nok 1 a\n');
    expect(statuses(run)).toEqual(['pass a']);
  });

  it('skips a whole file', () => {
    expect(tap('1..0 # SKIP no module\n').results).toMatchObject([{ status: 'skip', reason: 'no module' }]);
  });

  it('tells of plans and numbers that do not add up, and goes on', () => {
    expect(tap('1..3\nok 1 a\nok 3 b\n1..2\n').faults.map(({ line, message }) => `${line}: ${message}`)).toEqual([
      '3: Result 3 comes where 2 was expected.',
      '4: A second plan: the first one counts.',
      '1: 3 tests were planned and 2 gave a result.',
    ]);
    expect(tap('ok 1 a\n').faults.map(({ message }) => message)).toEqual([
      'No plan for 1 results: the run may be cut off.',
    ]);
  });

  it('keeps the parts of a test that never ended, as missing', () => {
    const run = tap('KTAP version 1\n1..2\n  KTAP version 1\n  # Subtest: net\n  1..3\n  ok 1 opens\n');
    expect(statuses(run)).toEqual(['pass net > opens', 'missing net']);
    expect(run.faults.length).toBeGreaterThan(0);
  });

  it('takes several documents one after the other, as runs that are put together have them', () => {
    const run = tap('TAP version 13\n1..1\nok 1 a\nTAP version 13\n1..1\nok 1 b\n');
    expect(statuses(run)).toEqual(['pass a', 'pass b']);
    expect(run.faults).toEqual([]);
  });

  it('keeps the end of what was printed, and no more', () => {
    const noise = Array.from({ length: 5000 }, (_, index) => `# line ${index}`).join('\n');
    const [result] = tap(`1..1\n${noise}\nnot ok 1 a\n`).results;
    expect(result?.output.length).toBeLessThanOrEqual(4096);
    expect(result?.output.endsWith('# line 4999')).toBe(true);
  });
});
