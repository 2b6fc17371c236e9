import { describe, expect, test } from 'vitest';
import { parseEndOfLifeNotice } from './end-of-life-notice.ts';
import { isReleaseError } from './error.ts';
import { parseRelease } from './release.ts';

const release = {
  name: 'cve-2024-1086',
  version: '2',
  reroll: 0,
  kernel: '6.1.0-50-cloud-amd64',
  arch: 'x86_64',
  sha256: 'ab'.repeat(32),
  size: 20_480,
  fixes: ['CVE-2024-1086'],
  endOfLife: 1_800_000_000_000,
  evidence: null,
};

describe('parseRelease', () => {
  test('takes a whole document', () => expect(parseRelease(release)).toEqual(release));

  test('takes one without fixes, end of life and evidence', () => {
    const bare = { ...release, fixes: [], endOfLife: null, evidence: null };
    expect(parseRelease(bare)).toEqual(bare);
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['a string', 'release'],
    ['an unknown field', { ...release, channel: 'beta' }],
    ['a missing field', { ...release, evidence: undefined }],
    ['a name with a slash', { ...release, name: 'a/b' }],
    ['a version with a dash', { ...release, version: '1-2' }],
    ['a negative re-roll', { ...release, reroll: -1 }],
    ['a kernel with a space', { ...release, kernel: '6.1 evil' }],
    ['a kernel longer than the kernel keeps', { ...release, kernel: '6'.repeat(65) }],
    ['an architecture with a dash', { ...release, arch: 'x86-64' }],
    ['a digest in upper case', { ...release, sha256: 'AB'.repeat(32) }],
    ['a digest one digit short', { ...release, sha256: 'a'.repeat(63) }],
    ['an empty payload', { ...release, size: 0 }],
    ['a payload over the limit', { ...release, size: 268_435_457 }],
    ['half a byte', { ...release, size: 1.5 }],
    ['a size as text', { ...release, size: '20480' }],
    ['a CVE in lower case', { ...release, fixes: ['cve-2024-1086'] }],
    ['a CVE twice', { ...release, fixes: ['CVE-2024-1086', 'CVE-2024-1086'] }],
    ['too many CVEs', { ...release, fixes: Array.from({ length: 4097 }, (_, i) => `CVE-2024-${10_000 + i}`) }],
    ['an end of life as text', { ...release, endOfLife: '2027-01-01' }],
    ['a negative end of life', { ...release, endOfLife: -1 }],
    ['an end of life beyond the year 9999', { ...release, endOfLife: 253_402_300_800_000 }],
  ])('refuses %s', (_, json) => {
    expect(() => parseRelease(json)).toThrow(expect.objectContaining({ code: 'MALFORMED_RELEASE' }));
  });

  test('says where it is wrong, and everything that is', () => {
    try {
      parseRelease({ ...release, size: 0, fixes: ['CVE-1'] });
      expect.unreachable();
    } catch (error) {
      if (!isReleaseError(error, 'MALFORMED_RELEASE')) throw error;
      expect(error.issues.map(({ path }) => path)).toEqual([['size'], ['fixes', 0]]);
      expect(error.message).toContain('size');
    }
  });

  test('a name from the prototype is no field', () => {
    const json: unknown = JSON.parse(JSON.stringify(release).replace('{', '{"__proto__":{"size":1},'));
    expect(() => parseRelease(json)).toThrow(expect.objectContaining({ code: 'MALFORMED_RELEASE' }));
  });
});

describe('parseEndOfLifeNotice', () => {
  const notice = { type: 'end-of-life', kernel: '5.10.0-33-amd64', arch: 'x86_64', endOfLife: 1, upgradeTo: null };
  test('takes one', () => expect(parseEndOfLifeNotice(notice)).toEqual(notice));
  test.each([
    ['another type', { ...notice, type: 'release' }],
    ['an unknown field', { ...notice, note: 'x' }],
    ['no time', { ...notice, endOfLife: null }],
  ])('refuses %s', (_, json) => {
    expect(() => parseEndOfLifeNotice(json)).toThrow(expect.objectContaining({ code: 'MALFORMED_NOTICE' }));
  });
});
