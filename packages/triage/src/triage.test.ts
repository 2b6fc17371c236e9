import { describe, expect, it } from 'vitest';
import {
  compareDebian,
  compareUpstream,
  decidePriority,
  defaultTriagePolicy,
  describeKernel,
  estimateEffort,
  isTriageError,
  parseKernelConfig,
  parseModuleList,
  parseTriagePolicy,
  parseUpstreamVersion,
  priorityOfScore,
  queueToCsv,
  queueToTable,
  readCvss,
  triage,
  type Vulnerability,
} from './index.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const score = (vector: string, role: 'cna' | 'adp' | 'vendor' = 'cna') => ({
  ...readCvss(vector)!,
  vector,
  by: role,
  role,
});
const high = score('CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H');

function flaw(cve: string, fields: Partial<Vulnerability> = {}): Vulnerability {
  return {
    cve,
    files: ['a.json'],
    formats: ['cve'],
    rejected: null,
    kernel: true,
    title: 'a flaw',
    publishedAt: Date.parse('2025-12-31T00:00:00Z'),
    words: [],
    scores: [high],
    weaknesses: [],
    programFiles: [],
    fixCommits: [],
    statements: [{ kind: 'upstream', by: 'linux', otherwise: 'affected', ranges: [] }],
    conflicts: [],
    ...fields,
  };
}
const kernel = describeKernel('6.12.48+deb13-amd64');
const one = (fields: Partial<Vulnerability>, options: Partial<Parameters<typeof triage>[1]> = {}) => {
  const [entry] = triage([flaw('CVE-2025-0001', fields)], { kernel, now, ...options });
  if (entry === undefined) throw new Error('no entry');
  return entry;
};
const word = (vendor: string, priority: 'negligible' | 'low' | 'medium' | 'high' | 'critical') => ({
  vendor,
  word: priority,
  priority,
});

describe('versions', () => {
  it('are ordered as upstream counts', () => {
    const sorted = [
      '2.6.32',
      '2.6.32.71',
      '2.6.39',
      '3.0',
      '5.4.9',
      '5.4.10',
      '6.12-rc7',
      '6.12',
      '6.12.1',
      '6.12.117',
    ];
    const shuffled = sorted
      .toReversed()
      .toSorted((a, b) => compareUpstream(parseUpstreamVersion(a), parseUpstreamVersion(b)));
    expect(shuffled).toEqual(sorted);
  });

  it('of Debian are ordered as dpkg has it', () => {
    const sorted = [
      '1.0~rc1-1',
      '1.0-1',
      '1.0-1.1',
      '1.0a-1',
      '1.0+b-1',
      '1.0.1-1',
      '6.1.9-1',
      '6.1.10-1~bpo11+1',
      '6.1.10-1',
      '1:0.1',
    ];
    expect(sorted.toReversed().toSorted(compareDebian)).toEqual(sorted);
  });

  it.each([
    ['6.12.117+deb12-amd64', { known: 'exactly', version: { major: 6, minor: 12, patch: 117, rc: null } }],
    ['6.1.0-56-amd64', { known: 'series', major: 6, minor: 1 }],
    ['5.14.21-150500.55.83-default', { known: 'series', major: 5, minor: 14 }],
    ['5.15.0-91-generic', { known: 'series', major: 5, minor: 15 }],
    ['6.14.0-rc3-00012-gabcdef', { known: 'exactly', version: { major: 6, minor: 14, patch: 0, rc: 3 } }],
    ['6.6.9-arch1-1', { known: 'exactly', version: { major: 6, minor: 6, patch: 9, rc: null } }],
    ['6.18.0', { known: 'exactly', version: { major: 6, minor: 18, patch: 0, rc: null } }],
  ])('are told from the release %s', (release, upstream) => {
    expect(describeKernel(release).upstream).toEqual(upstream);
  });

  it('must fit the release', () => {
    expect(() => describeKernel('6.1.0-56-amd64', { version: '6.12.1' })).toThrow('MALFORMED_KERNEL');
    for (const release of ['', 'hello', '6', '../6.1', '6.1.0 x'])
      expect(() => describeKernel(release)).toThrow('MALFORMED_KERNEL');
    expect(isTriageError(new Error('x'))).toBe(false);
  });

  it("are told from Debian's package", () => {
    const bookworm = { distribution: 'debian', suite: 'bookworm', source: 'linux', version: '6.1.129-1' } as const;
    expect(describeKernel('6.1.0-32-amd64', { package: bookworm }).upstream).toMatchObject({
      known: 'exactly',
      version: { patch: 129 },
    });
  });
});

describe('CVSS', () => {
  it.each([
    ['AV:N/AC:L/Au:N/C:C/I:C/A:C', 'high', 100],
    ['CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H', 'critical', 100],
    ['CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O', 'high', 78],
    ['CVSS:4.0/AV:L/AC:L/AT:N/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U', 'high', 85],
    ['CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N', 'negligible', 0],
  ])('%s', (vector, priority, baseTenths) => {
    const read = readCvss(vector);
    expect(read?.baseTenths).toBe(baseTenths);
    expect(read && priorityOfScore(read)).toBe(priority);
  });

  it.each([
    '',
    'x',
    'CVSS:3.1/',
    'CVSS:3.1/AV:L',
    'CVSS:5.0/AV:N',
    'CVSS:3.1/AV:X/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H',
    `AV:N/${'x'.repeat(9999)}`,
  ])('refuses %j', (vector) => expect(readCvss(vector)).toBeUndefined());
});

describe('priority', () => {
  const decide = (fields: Partial<Vulnerability>, policy = defaultTriagePolicy) =>
    decidePriority(flaw('CVE-2025-0001', fields), { policy });

  it("is an override, else a vendor's word, else the score, else a rule", () => {
    const policy = parseTriagePolicy({
      overrides: [{ cve: 'CVE-2025-0001', priority: 'critical', by: 'Ada', reason: 'exploited' }],
    });
    expect(decide({ words: [word('ubuntu', 'low')] }, policy)).toEqual({
      priority: 'critical',
      basis: { kind: 'override', by: 'Ada', reason: 'exploited' },
    });
    expect(decide({ words: [word('ubuntu', 'low')] })).toMatchObject({
      priority: 'low',
      basis: { kind: 'vendor', vendor: 'ubuntu' },
    });
    expect(decide({})).toMatchObject({ priority: 'high', basis: { kind: 'cvss', score: 7.8 } });
    expect(decide({ scores: [], weaknesses: ['CWE-416'] })).toEqual({
      priority: 'high',
      basis: { kind: 'rule', rule: 'memory-corruption' },
    });
    expect(decide({ scores: [], title: 'fix a memory leak' })).toMatchObject({ priority: 'low' });
    expect(decide({ scores: [] })).toEqual({ priority: 'medium', basis: { kind: 'rule', rule: 'default' } });
  });

  it("takes the word of the kernel's own vendor first, and the highest version of CVSS", () => {
    const words = [word('debian', 'low'), word('ubuntu', 'critical')];
    expect(decide({ words }).priority).toBe('critical');
    expect(
      decidePriority(flaw('CVE-2025-0001', { words }), { policy: defaultTriagePolicy, distribution: 'debian' })
        .priority,
    ).toBe('low');
    const four = score('CVSS:4.0/AV:P/AC:H/AT:P/PR:H/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N', 'adp');
    expect(decide({ scores: [high, four] }).basis).toMatchObject({ version: '4.0' });
    expect(
      decide({ scores: [score('CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:H', 'adp'), high] }).basis,
    ).toMatchObject({ score: 7.8 });
  });
});

describe('triage', () => {
  it('gives each that is not eligible its reason', () => {
    expect(one({})).toMatchObject({ eligible: true, reason: null, effort: 'unknown', file: 'a.json' });
    expect(one({ rejected: 'a mistake' })).toMatchObject({ eligible: false, reason: 'rejected', deadline: null });
    expect(one({ kernel: false })).toMatchObject({ reason: 'not-affected' });
    expect(one({ statements: [{ kind: 'upstream', by: 'linux', otherwise: 'unaffected', ranges: [] }] })).toMatchObject(
      { reason: 'not-affected' },
    );
    expect(one({ words: [word('ubuntu', 'medium')] })).toMatchObject({ reason: 'below-the-line', priority: 'medium' });
    const policy = parseTriagePolicy({ fixedInPatch: { [kernel.release]: ['CVE-2025-0001'] } });
    expect(one({}, { policy })).toMatchObject({ reason: 'already-fixed' });
    const effort = estimateEffort('--- a/x.S\n+++ b/x.S\n@@ -1 +1 @@\n-a\n+b\n');
    expect(one({}, { efforts: new Map([['CVE-2025-0001', effort]]) })).toMatchObject({
      reason: 'cannot-be-livepatched',
      effort: 'impossible',
    });
  });

  it('counts as affected what nobody can tell', () => {
    expect(one({ statements: [] })).toMatchObject({ eligible: true, affected: { status: 'unknown' } });
  });

  it('rules out what is not built, only where that is known', () => {
    const programFiles = ['net/tipc/link.c', 'include/net/tipc.h'];
    const part = (text: string) => ({ config: parseKernelConfig(text) });
    expect(one({ programFiles }, part('# CONFIG_TIPC is not set\n'))).toMatchObject({ reason: 'config-not-built' });
    expect(one({ programFiles }, part('CONFIG_TIPC=m\n'))).toMatchObject({ eligible: true });
    expect(one({ programFiles }, part('CONFIG_NET=y\n'))).toMatchObject({ eligible: true });
    expect(one({ programFiles }, part('# Linux/x86 6.12.48 Kernel Configuration\nCONFIG_NET=y\n'))).toMatchObject({
      reason: 'config-not-built',
    });
    expect(
      one({ programFiles: [...programFiles, 'net/core/sock.c'] }, part('# CONFIG_TIPC is not set\n')),
    ).toMatchObject({ eligible: true });
    expect(one({ programFiles }, { modules: parseModuleList('kernel/fs/ext4/ext4.ko\n') })).toMatchObject({
      reason: 'config-not-built',
    });
    expect(
      one({ programFiles }, { modules: parseModuleList('kernel/net/tipc/tipc.ko.xz: kernel/a.ko\n') }),
    ).toMatchObject({ eligible: true });
    expect(one({ programFiles: ['arch/s390/kernel/x.c'] })).toMatchObject({ reason: 'config-not-built' });
    expect(one({ programFiles: ['arch/x86/kernel/x.c'] })).toMatchObject({ eligible: true });
    expect(one({ programFiles: [] }, part('# CONFIG_TIPC is not set\n'))).toMatchObject({ eligible: true });
  });

  it('takes what people decided', () => {
    const override = { cve: 'CVE-2025-0001', by: 'Ada', reason: 'looked at it' };
    expect(one({}, { policy: parseTriagePolicy({ overrides: [{ ...override, affected: false }] }) })).toMatchObject({
      reason: 'not-affected',
      message: 'Ada decided: looked at it',
    });
    expect(one({}, { policy: parseTriagePolicy({ overrides: [{ ...override, effort: 'complex' }] }) })).toMatchObject({
      effort: 'complex',
    });
    expect(one({ words: [word('ubuntu', 'low')] }, { policy: parseTriagePolicy({ eligible: ['low'] }) })).toMatchObject(
      { eligible: true },
    );
  });

  it('counts the deadline from publication', () => {
    expect(one({}).deadline).toBe(Date.parse('2026-01-14T00:00:00Z'));
    expect(one({ publishedAt: now - 30 * 86_400_000 })).toMatchObject({ overdue: true });
    expect(one({ publishedAt: null })).toMatchObject({ deadline: null, overdue: false });
    expect(one({}, { policy: parseTriagePolicy({ deadlineDays: { high: 1 } }) }).deadline).toBe(now);
  });

  it('puts work in order', () => {
    const easy = estimateEffort('--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@ int f(void)\n-\ta();\n+\tb();\n');
    const complex = { ...easy, class: 'complex', score: 99 } as const;
    const critical = score('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H');
    const order = triage(
      [
        flaw('CVE-2025-0001', { words: [word('ubuntu', 'low')] }),
        flaw('CVE-2025-10000'),
        flaw('CVE-2025-9999'),
        flaw('CVE-2025-0002'),
        flaw('CVE-2025-0003', { publishedAt: now }),
        flaw('CVE-2025-0004', { scores: [critical] }),
        flaw('CVE-2025-0005', { publishedAt: 0 }),
      ],
      {
        kernel,
        now,
        efforts: new Map([
          ['CVE-2025-0002', complex],
          ['CVE-2025-0003', easy],
          ['CVE-2025-0004', complex],
        ]),
      },
    ).map(({ cve }) => cve.slice(9));
    expect(order).toEqual(['0004', '0005', '0003', '0002', '9999', '10000', '0001']);
    expect(triage([], { kernel, now })).toEqual([]);
  });

  it('stops when it is told to', () => {
    expect(() => one({}, { signal: AbortSignal.abort(new Error('stop')) })).toThrow('stop');
  });
});

describe('output', () => {
  it('is CSV that no spreadsheet computes', () => {
    const titles = ['=1+1', '+1', '-1', '@x', ' =1', '"=1', 'a,b', 'a"b', 'plain'];
    const rows = queueToCsv(titles.map((title) => one({ title })))
      .split('\r\n')
      .slice(1, -1);
    expect(rows.map((row) => row.slice(row.indexOf('7.8,,') + 5, row.indexOf(',Upstream')))).toEqual([
      `"'=1+1"`,
      `"'+1"`,
      `"'-1"`,
      `"'@x"`,
      `"' =1"`,
      `"'""=1"`,
      '"a,b"',
      '"a""b"',
      'plain',
    ]);
    expect(queueToCsv([]).startsWith('cve,priority,eligible,reason,effort,deadline,')).toBe(true);
  });

  it('is a table for people', () => {
    const [head, row] = queueToTable([one({})]).split('\n');
    expect(head).toMatch(/^CVE +PRIORITY +EFFORT +DUE +STATE +TITLE$/);
    expect(row).toMatch(/^CVE-2025-0001 +high +unknown +2026-01-14 +do +a flaw$/);
  });
});
