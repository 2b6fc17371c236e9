import { describe, expect, it } from 'vitest';
import { isKernelSelector, selectRelease } from './kernel-selector.ts';

const offered = [
  '6.1.0-9-cloud-amd64',
  '6.1.0-56-amd64',
  '6.1.0-56-rt-amd64',
  '6.1.0-56-cloud-amd64',
  '6.1.0-47-cloud-amd64',
  '6.12.117+deb12-cloud-amd64',
  '6.12.9+deb12-cloud-amd64',
  '6.12.117+deb12-rt-amd64',
  '6.12.100+deb13-amd64',
  'cloud-amd64',
];

describe('a kernel selector', () => {
  it.each([
    ['newest-6.1-cloud', '6.1.0-56-cloud-amd64'],
    ['newest-6.12-cloud', '6.12.117+deb12-cloud-amd64'],
    ['newest-6.1', '6.1.0-56-amd64'],
    ['newest-6.12', '6.12.100+deb13-amd64'],
    ['6.1.0-47-cloud-amd64', '6.1.0-47-cloud-amd64'],
  ])('%s means %s', (selector, release) => {
    expect(selectRelease(selector, offered)).toBe(release);
  });

  it('that fits nothing means nothing', () => {
    expect(selectRelease('6.1.0-99-cloud-amd64', offered)).toBeUndefined();
    expect(selectRelease('newest-6.1-cloud', [])).toBeUndefined();
  });

  it.each(['', '-o', '../6.1', '6.1 rm', '6.1/../..', `6.${'1'.repeat(80)}`, 'newest-5.10', 'toString'])(
    '%j is none',
    (selector) => {
      expect(isKernelSelector(selector)).toBe(false);
    },
  );
});
