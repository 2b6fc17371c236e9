import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  defaultReadLimits,
  estimateEffort,
  isTriageError,
  parseKernelConfig,
  parseTriagePolicy,
  readRecords,
} from './index.ts';

const vector = (file: string): string =>
  readFileSync(new URL(`../../../vectors/triage/${file}`, import.meta.url), 'utf8');

function faultOf(work: () => unknown): { code: string; at: string } | undefined {
  try {
    work();
  } catch (error) {
    if (isTriageError(error)) return { code: error.code, at: error.at };
    throw error;
  }
  return undefined;
}
const read = (text: string, limits = defaultReadLimits) => faultOf(() => readRecords(text, { file: 'x', limits }));

/** A record of a vector with one value put elsewhere: `path` is what leads to it. */
function changed(file: string, path: string, value: unknown): string {
  const json: unknown = JSON.parse(vector(file));
  const steps = path.split('.');
  let at = json as Record<string, unknown>;
  for (const step of steps.slice(0, -1)) at = at[step] as Record<string, unknown>;
  at[steps.at(-1) ?? ''] = value;
  return JSON.stringify(json);
}

describe('malformed records are refused with the place of the fault', () => {
  it.each([
    ['{"a":1,}', 'MALFORMED_JSON', 'line 1, column 8'],
    ['{\n "a": tru }', 'MALFORMED_JSON', 'line 2, column 7'],
    ['[1] 2', 'MALFORMED_JSON', 'line 1, column 5'],
    ['{"a":"\u0001"}', 'MALFORMED_JSON', 'line 1, column 7'],
    ['[', 'MALFORMED_JSON', 'line 1, column 2'],
    ['{"a":1}{"b":', 'MALFORMED_JSON', 'line 1, column 8'],
    ['{"hello":"world"}', 'UNKNOWN_FORMAT', '$'],
    ['[[]]', undefined, undefined],
    ['[1]', 'UNKNOWN_FORMAT', '$[0]'],
    ['', 'UNKNOWN_FORMAT', ''],
    ['hello', 'UNKNOWN_FORMAT', ''],
    ['{"dataType":"CVE_RECORD"}', 'MALFORMED_RECORD', '$.cveMetadata'],
    ['CVE-2024-0001 (x)\n\t- linux <what>\n', 'MALFORMED_RECORD', 'line 2'],
    ['CVE-2024-0001 (x)\nnonsense\n', 'MALFORMED_RECORD', 'line 2'],
    ['Candidate: CVE-2024-0001\nnoble_linux: gone\n', 'MALFORMED_RECORD', 'line 2'],
    ['Candidate: CVE-2024-0001\nPriority: shrug\n', 'MALFORMED_RECORD', 'line 2'],
    ['Candidate: EMB-1\n', 'MALFORMED_RECORD', 'line 1'],
    ['Candidate: CVE-2024-0001\nCVSS:\n nvd: CVSS:3.1/AV:L\n', 'MALFORMED_RECORD', 'line 3'],
    [
      '{"linux":{"CVE-2024-0001":{"releases":{"sid":{"status":"gone"}}}}}',
      'MALFORMED_RECORD',
      '$.linux["CVE-2024-0001"].releases.sid.status',
    ],
    [
      '{"id":"CVE-2024-0001","modified":"x","affected":[{"package":{"ecosystem":"Linux","name":"Kernel"},"ranges":[{"type":"ECOSYSTEM","events":[{"fixed":"6.1"}]}]}]}',
      'MALFORMED_RECORD',
      '$.affected[0].ranges[0].events',
    ],
    ['{"id":"GHSA-1","modified":"x"}', 'MALFORMED_RECORD', '$.id'],
    [
      '{"id":"CVE-2024-0001","priority":"high","packages":[{"name":"linux","statuses":[{"release_codename":"noble","status":"x"}]}]}',
      'MALFORMED_RECORD',
      '$.packages[0].statuses[0].status',
    ],
  ])('%j', (text, code, at) => {
    expect(read(text)).toEqual(code === undefined ? undefined : { code, at });
  });

  it.each([
    [
      'a version that is none',
      'containers.cna.affected.1.versions.2.version',
      'five',
      '$.containers.cna.affected[1].versions[2]',
    ],
    [
      'an option for a commit',
      'containers.cna.affected.0.versions.0.lessThan',
      '--output=x',
      '$.containers.cna.affected[0].versions[0].lessThan',
    ],
    [
      'a status that is none',
      'containers.cna.affected.0.versions.0.status',
      'maybe',
      '$.containers.cna.affected[0].versions[0].status',
    ],
    [
      'a vector that is none',
      'containers.adp.0.metrics.0.cvssV3_1.vectorString',
      'CVSS:3.1/AV:L',
      '$.containers.adp[0].metrics[0].cvssV3_1.vectorString',
    ],
    [
      'a metric twice',
      'containers.adp.0.metrics.0.cvssV3_1.vectorString',
      'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:H/A:N',
      '$.containers.adp[0].metrics[0].cvssV3_1.vectorString',
    ],
    ['an id that is none', 'cveMetadata.cveId', 'CVE-1', '$.cveMetadata.cveId'],
    ['another major version', 'dataVersion', '4.0', '$.dataVersion'],
    ['a state that is none', 'cveMetadata.state', 'FINE', '$.cveMetadata.state'],
  ])('CVE: %s', (_, path, value, at) => {
    expect(read(changed('CVE-2025-21905.json', path, value))).toEqual({ code: 'MALFORMED_RECORD', at });
  });

  it('names the line of one record among many', () => {
    const good = JSON.stringify(JSON.parse(vector('CVE-2024-1086.json')));
    expect(readRecords(`${good}\n${good}\n`, { file: 'x' })).toHaveLength(2);
    expect(read(`${good}\n{"dataType":"CVE_RECORD"}\n`)).toEqual({
      code: 'MALFORMED_RECORD',
      at: 'line 2: $.cveMetadata',
    });
    expect(read(`${good}\n{"dataType":}\n`)).toEqual({ code: 'MALFORMED_JSON', at: 'line 2, column 13' });
  });

  it('has limits of size, nesting, records and ranges', () => {
    expect(read('['.repeat(100_000))).toEqual({ code: 'TOO_DEEP', at: 'line 1, column 33' });
    expect(read(' '.repeat(11), { ...defaultReadLimits, maxCharacters: 10 })?.code).toBe('TOO_LARGE');
    const good = JSON.parse(vector('CVE-2024-1086.json')) as unknown;
    expect(read(JSON.stringify([good, good]), { ...defaultReadLimits, maxRecords: 1 })?.code).toBe('TOO_LARGE');
    const range = { version: '1.0', status: 'affected', versionType: 'semver' };
    const many = (count: number): string =>
      changed(
        'CVE-2025-21905.json',
        'containers.cna.affected.1.versions',
        Array.from({ length: count }, () => range),
      );
    expect(read(many(300))).toEqual({ code: 'TOO_LARGE', at: '$.containers.cna.affected[1].versions' });
    expect(read(many(3000))).toEqual({ code: 'TOO_LARGE', at: '$.containers.cna.affected[1].versions' });
  });

  it('stops when it is told to', () => {
    expect(() => readRecords('[]', { file: 'x', signal: AbortSignal.abort(new Error('stop')) })).toThrow('stop');
  });

  it('keeps control characters out of titles', () => {
    const text = changed('CVE-2024-1086.json', 'containers.cna.title', 'a\u001b[31mb\u202ec\nd');
    expect(readRecords(text, { file: 'x' })[0]?.title).toBe('a [31mb c d');
  });

  it('throws nothing but its own error, whatever it is given', () => {
    const texts = [
      'CVE-2025-21905.json',
      'osv-linux.json',
      'ubuntu-CVE-2017-7308',
      'ubuntu-api.json',
      'debian-export.json',
      'debian-list',
    ].map(vector);
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.nat(),
        fc.nat(40),
        fc.string({ maxLength: 8 }),
        (text, at, length, put) => {
          const start = at % text.length;
          read(text.slice(0, start) + put + text.slice(start + length));
        },
      ),
      { numRuns: 600 },
    );
    fc.assert(fc.property(fc.json(), (text) => void read(text)));
  });
});

describe('other malformed input', () => {
  it('refuses configurations, diffs and policies with the place', () => {
    expect(faultOf(() => parseKernelConfig('CONFIG_A=y\nCONFIG_B=maybe\n'))).toEqual({
      code: 'MALFORMED_CONFIG',
      at: 'line 2',
    });
    expect(faultOf(() => estimateEffort('nothing'))).toEqual({ code: 'MALFORMED_DIFF', at: '' });
    expect(faultOf(() => estimateEffort('--- a/x.c\n+++ b/x.c\n@@ -1,2 +1,2 @@\n a\n'))?.at).toBe('line 5');
    expect(faultOf(() => estimateEffort('@@@ -1 -1 +1 @@@\n'))?.at).toBe('line 1');
    expect(faultOf(() => parseTriagePolicy({ eligable: [] }))?.code).toBe('MALFORMED_POLICY');
    expect(
      faultOf(() => parseTriagePolicy({ overrides: [{ cve: 'CVE-2024-0001', priority: 'high', reason: 'x' }] })),
    ).toEqual({ code: 'MALFORMED_POLICY', at: '$.overrides[0].by' });
    expect(faultOf(() => parseTriagePolicy({ eligible: [] }))?.at).toBe('$.eligible');
  });

  it('throws nothing but its own error for a damaged diff', () => {
    const text = vector('fix-easy.patch');
    fc.assert(
      fc.property(fc.nat(), fc.nat(40), fc.string({ maxLength: 8 }), (at, length, put) => {
        const start = at % text.length;
        faultOf(() => estimateEffort(text.slice(0, start) + put + text.slice(start + length)));
      }),
      { numRuns: 300 },
    );
  });
});
