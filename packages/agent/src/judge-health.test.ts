import type { Incident } from '@klpkit/kernel-log';
import { describe, expect, it } from 'vitest';
import { judgeHealth, type Signs } from './judge-health.ts';

const well: Signs = {
  module: 'klp_test',
  transition: { kind: 'patched', evidence: 'transition' },
  before: { tainted: 4096, oops: 0, warn: 3 },
  now: { tainted: 4096 | (1 << 15) | (1 << 13), oops: 0, warn: 5 },
  incidents: [],
};
const incident = (
  kind: Incident['kind'],
  attribution: Incident['attribution'],
  change: Partial<Incident> = {},
): Incident => ({
  kind,
  attribution,
  title: `${kind} in cmdline_proc_show`,
  rule: 'test',
  evidence: null,
  livepatches: [],
  module: null,
  seq: 20,
  lastSeq: 21,
  timeUs: 1,
  line: '',
  trace: ['klp_show+0x1/0x2 [klp_test]'],
  tasks: [],
  taint: null,
  consequences: 0,
  trusted: true,
  ...change,
});

describe('a machine is well', () => {
  it('with the taints that every livepatch leaves', () => {
    expect(judgeHealth(well)).toEqual({ healthy: true });
  });

  it.each([
    ['a disk', 'external', 'none'],
    ['a warning of another driver', 'warning', 'none'],
    ['a warning that only lists the module', 'warning', 'weak'],
    ['a hung task elsewhere', 'hang', 'none'],
  ] as const)('in spite of %s', (_, kind, attribution) => {
    expect(judgeHealth({ ...well, incidents: [incident(kind, attribution)] })).toEqual({ healthy: true });
  });
});

describe('a machine is ill', () => {
  it.each([
    ['a fault, whoever has his name on it', 'fault', 'none'],
    ['a panic', 'panic', 'none'],
    ['a warning in the patch', 'warning', 'medium'],
    ['a hang in the patch', 'hang', 'strong'],
  ] as const)('with %s', (_, kind, attribution) => {
    const verdict = judgeHealth({ ...well, incidents: [incident(kind, attribution)] });
    expect(verdict).toMatchObject({
      healthy: false,
      failure: { code: 'KERNEL_INCIDENT' },
      incidents: [{ kind, attribution }],
    });
  });

  it.each([
    ['an oops that the log lost', { now: { ...well.now, oops: 1 } }, 'OOPS_COUNTED'],
    [
      'a taint of a fault, where nothing is counted',
      { before: { tainted: 0, oops: null, warn: null }, now: { tainted: 128, oops: null, warn: null } },
      'KERNEL_TAINTED',
    ],
    ['the patch gone', { transition: { kind: 'absent' } }, 'PATCH_GONE'],
    ['the patch disabled', { transition: { kind: 'unpatched' } }, 'PATCH_GONE'],
  ] as [string, Partial<Signs>, string][])('with %s', (_, change, code) => {
    expect(judgeHealth({ ...well, ...change })).toMatchObject({ healthy: false, failure: { code } });
  });
});

it('sends no address, and no more than a ping may hold', () => {
  const trace = Array.from({ length: 100 }, () => `RSP: 0018:ffffc90000a3fd58 ${'x'.repeat(400)}`);
  const incidents = Array.from({ length: 20 }, () => incident('fault', 'strong', { trace, title: 'BUG at 10.1.2.3' }));
  const verdict = judgeHealth({ ...well, incidents });
  if (verdict.healthy) throw new Error('it is ill');
  expect(verdict.incidents).toHaveLength(8);
  expect(verdict.incidents[0]?.trace).toHaveLength(24);
  expect(JSON.stringify(verdict)).not.toMatch(/ffffc90000a3fd58|10\.1\.2\.3|x{300}/);
});

it("cuts the machine's own name out of what it tells", () => {
  const trace = ['web-17 kernel: something'];
  const verdict = judgeHealth({ ...well, incidents: [incident('fault', 'strong', { trace })], hostNames: ['web-17'] });
  expect(JSON.stringify(verdict)).not.toContain('web-17');
});
