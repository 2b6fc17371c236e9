import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { affects, describeKernel, mergeRecords, readRecords, type Vulnerability } from './index.ts';

const folder = new URL('../../../vectors/triage/', import.meta.url);
const read = (file: string) => readRecords(readFileSync(new URL(file, folder), 'utf8'), { file });
const one = (file: string, cve?: string): Vulnerability => {
  const found = mergeRecords(read(file)).find((flaw) => cve === undefined || flaw.cve === cve);
  if (found === undefined) throw new Error('not there');
  return found;
};
const status = (flaw: Vulnerability, release: string, version?: string) =>
  affects(flaw, describeKernel(release, version === undefined ? {} : { version })).status;

describe('records of the sources', () => {
  it("reads the kernel CNA's ranges of commits and versions", () => {
    const flaw = one('CVE-2025-21905.json');
    expect(flaw).toMatchObject({ kernel: true, rejected: null, weaknesses: ['CWE-125'], words: [] });
    expect(flaw.publishedAt).toBe(Date.parse('2025-04-01T15:40:46.465Z'));
    expect(flaw.fixCommits).toHaveLength(8);
    expect(flaw.programFiles).toEqual(['drivers/net/wireless/intel/iwlwifi/iwl-drv.c']);
    expect(flaw.scores).toMatchObject([{ version: '3.1', baseTenths: 71, by: 'cisa-adp', role: 'adp' }]);
  });

  it.each([
    ['5.1.21', 'unaffected'],
    ['5.2.0', 'affected'],
    ['5.4.290', 'affected'],
    ['5.4.291', 'unaffected'],
    ['6.1.130', 'affected'],
    ['6.1.131', 'unaffected'],
    ['6.12.18', 'affected'],
    ['6.12.48+deb13-amd64', 'unaffected'],
    ['6.11.11', 'affected'],
    ['6.13.7', 'unaffected'],
    ['6.14.0-rc5', 'affected'],
    ['6.14.0', 'unaffected'],
    ['6.16.3', 'unaffected'],
    ['6.1.0-56-amd64', 'unknown'],
    ['6.11.0-29-generic', 'affected'],
    ['6.14.0-29-generic', 'unaffected'],
    ['4.19.0-27-amd64', 'unaffected'],
  ])('tells of %s that it is %s', (release, expected) => {
    expect(status(one('CVE-2025-21905.json'), release)).toBe(expected);
  });

  it('takes a more exact version where the release does not tell', () => {
    expect(status(one('CVE-2025-21905.json'), '6.1.0-56-amd64', '6.1.192')).toBe('unaffected');
    expect(status(one('CVE-2025-21905.json'), '6.1.0-31-amd64', '6.1.128')).toBe('affected');
  });

  it('joins shortened and whole commits', () => {
    expect(one('CVE-2024-26925.json').fixCommits).toContain('0d459e2ffb541841714839e8228b845458ed3b27');
    expect(one('CVE-2024-26925.json').fixCommits).toHaveLength(7);
    const kernel = describeKernel('6.8.1', { commits: ['a34ba4bdeec0c3b629160497594908dc820110f1'] });
    expect(affects(one('CVE-2024-26925.json'), kernel)).toEqual({
      status: 'unaffected',
      because: 'The kernel has the fix a34ba4bdeec0.',
    });
  });

  it('does not take a series for unaffected that took the flaw over', () => {
    const flaw = one('CVE-2024-26925.json');
    const all = (of: Vulnerability | undefined, ...releases: string[]) =>
      releases.map((release) => of && status(of, release));
    expect(all(flaw, '6.1.85', '6.1.86', '6.2.1')).toEqual(['unknown', 'unaffected', 'unaffected']);
    expect(all(flaw, '6.5.1', '6.6.25', '6.6.26')).toEqual(['affected', 'affected', 'unaffected']);
    const json = JSON.parse(readFileSync(new URL('CVE-2024-26925.json', folder), 'utf8')) as {
      containers: { cna: object };
    };
    const cpe = { vulnerable: true, criteria: 'cpe:2.3:o:linux:linux_kernel:*:*:*:*:*:*:*:*' };
    const cpeMatch = [{ ...cpe, versionStartIncluding: '6.1.56', versionEndExcluding: '6.1.86' }];
    Object.assign(json.containers.cna, {
      cpeApplicability: [{ nodes: [{ operator: 'OR', negate: false, cpeMatch }] }],
    });
    const [precise] = mergeRecords(readRecords(JSON.stringify(json), { file: 'x' }));
    expect(all(precise, '6.1.55', '6.1.56', '6.1.85', '6.1.86')).toEqual([
      'unaffected',
      'affected',
      'affected',
      'unaffected',
    ]);
  });

  it("reads another CNA's record", () => {
    const flaw = one('CVE-2024-1086.json');
    expect(flaw).toMatchObject({ kernel: true, scores: [{ baseTenths: 78, role: 'cna', by: 'google' }] });
    expect(flaw.fixCommits).toEqual(['f342de4e2f33e0e39165d8639387aa6c19dff660']);
    expect(flaw.publishedAt).toBe(Date.parse('2024-01-24T19:02:39Z'));
    expect([status(flaw, '3.14.79'), status(flaw, '3.15.0'), status(flaw, '6.7.9'), status(flaw, '6.8.0')]).toEqual([
      'unaffected',
      'affected',
      'affected',
      'unaffected',
    ]);
  });

  it('reads a rejected record', () => {
    expect(one('CVE-2023-00000-rejected.json').rejected).toContain('withdrew');
  });

  it('reads OSV of upstream and of Ubuntu', () => {
    const flaw = one('osv-linux.json');
    expect(flaw).toMatchObject({ cve: 'CVE-2022-50570', kernel: true, scores: [{ baseTenths: 78 }] });
    expect(
      ['5.3.18', '5.4.228', '5.4.229', '5.10.162', '6.1.1', '6.1.2'].map((release) => status(flaw, release)),
    ).toEqual(['unaffected', 'affected', 'unaffected', 'affected', 'affected', 'unaffected']);
    const ubuntu = one('osv-ubuntu.json');
    expect(ubuntu).toMatchObject({ cve: 'CVE-2020-25212', words: [{ vendor: 'ubuntu', priority: 'medium' }] });
    const kernelOf = (version: string) =>
      describeKernel('4.4.0-190-generic', {
        package: { distribution: 'ubuntu', suite: 'xenial', source: 'linux', version },
      });
    expect(affects(ubuntu, kernelOf('4.4.0-189.219')).status).toBe('affected');
    expect(affects(ubuntu, kernelOf('4.4.0-190.220')).status).toBe('unaffected');
  });

  it("reads Ubuntu's text and its API", () => {
    const flaw = one('ubuntu-CVE-2017-7308');
    expect(flaw).toMatchObject({
      kernel: true,
      words: [{ vendor: 'ubuntu', priority: 'high' }],
      scores: [{ version: '3.0', by: 'nvd', baseTenths: 78 }],
    });
    expect(flaw.fixCommits).toHaveLength(3);
    expect(flaw.publishedAt).toBe(Date.parse('2017-03-29T20:59:00Z'));
    const xenial = describeKernel('4.4.0-71-generic', {
      package: { distribution: 'ubuntu', suite: 'xenial', source: 'linux', version: '4.4.0-71.92' },
    });
    expect(affects(flaw, xenial)).toMatchObject({ status: 'affected' });
    expect(one('ubuntu-api.json')).toMatchObject({
      cve: 'CVE-2024-26925',
      words: [{ priority: 'high' }],
      kernel: true,
    });
  });

  it("reads Debian's export and its list, the kernel's alone", () => {
    expect(read('debian-export.json').map(({ cve }) => cve)).toEqual(['CVE-2024-38550']);
    const list = one('debian-list', 'CVE-2024-38550');
    expect(read('debian-list').map(({ cve }) => cve)).toEqual(['CVE-2024-38550', 'CVE-2024-0000']);
    expect(list.fixCommits).toEqual(['ea60ab95723f5738e7737b56dda95e6feefa5b50']);
    const debian = (suite: string, version: string) =>
      describeKernel('6.1.0-22-amd64', {
        version: '6.1.90',
        package: { distribution: 'debian', suite, source: 'linux', version },
      });
    for (const flaw of [list, one('debian-export.json')]) {
      expect(affects(flaw, debian('bookworm', '6.1.90-1')).status).toBe('affected');
      expect(affects(flaw, debian('bookworm', '6.1.94-1')).status).toBe('unaffected');
      expect(affects(flaw, debian('bullseye', '5.10.1-1')).status).toBe('unaffected');
    }
    expect(affects(list, debian('trixie', '6.8.9-1')).status).toBe('affected');
  });

  it('joins what several sources say of a CVE', () => {
    const [flaw] = mergeRecords([...read('ubuntu-api.json'), ...read('CVE-2024-26925.json')]);
    expect(flaw).toMatchObject({
      files: ['CVE-2024-26925.json', 'ubuntu-api.json'],
      formats: ['cve', 'ubuntu-json'],
      conflicts: [],
    });
    expect(flaw?.publishedAt).toBe(Date.parse('2024-04-24T21:49:23.251Z'));
  });
});
