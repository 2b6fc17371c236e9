import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isReleaseError } from './error.ts';
import { parseReleaseKey, releaseKey, releaseKeySchema } from './release-key.ts';

const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,63}$/);
const version = fc.stringMatching(/^[0-9A-Za-z][0-9A-Za-z.+~_]{0,63}$/);

describe('a release key', () => {
  test('is name and version, with the re-roll from the first one on', () => {
    expect(releaseKey({ name: 'lp-6.8.0', version: '45.1', reroll: 0 })).toBe('lp-6.8.0-45.1');
    expect(releaseKey({ name: 'lp-6.8.0', version: '45.1', reroll: 12 })).toBe('lp-6.8.0-45.1#12');
  });

  test('splits one way only', () => {
    fc.assert(
      fc.property(name, version, fc.integer({ min: 0, max: 999 }), (n, v, reroll) => {
        const key = releaseKey({ name: n, version: v, reroll });
        expect(parseReleaseKey(key)).toEqual({ name: n, version: v, reroll });
        expect(releaseKeySchema.safeParse(key).success).toBe(true);
      }),
    );
  });

  test.each([
    ['nothing', ''],
    ['no version', 'patch'],
    ['an empty version', 'patch-'],
    ['an empty name', '-1'],
    ['re-roll 0, which has no mark', 'patch-1#0'],
    ['a re-roll with a leading zero', 'patch-1#01'],
    ['a re-roll out of range', 'patch-1#1000'],
    ['two re-rolls', 'patch-1#1#2'],
    ['upper case in the name', 'Patch-1'],
    ['a path', '../patch-1'],
    ['a NUL', 'patch-1\0'],
    ['a newline at the end', 'patch-1\n'],
    ['a name too long', `${'a'.repeat(65)}-1`],
    ['a version too long', `a-${'1'.repeat(65)}`],
  ])('refuses %s', (_, key) => {
    expect(() => parseReleaseKey(key)).toThrow(expect.objectContaining({ code: 'MALFORMED_KEY' }));
    expect(releaseKeySchema.safeParse(key).success).toBe(false);
  });

  test.each([
    ['a version with a dash, which would split elsewhere', { name: 'a', version: '1-2', reroll: 0 }],
    ['a negative re-roll', { name: 'a', version: '1', reroll: -1 }],
    ['half a re-roll', { name: 'a', version: '1', reroll: 0.5 }],
    ['a re-roll that is no number', { name: 'a', version: '1', reroll: Number.NaN }],
  ])('is not made of %s', (_, identity) => {
    expect(() => releaseKey(identity)).toThrow(expect.objectContaining({ code: 'MALFORMED_KEY' }));
  });
});

test('the guard knows the error by shape and code', () => {
  const caught = (() => {
    try {
      return parseReleaseKey('');
    } catch (error) {
      return error;
    }
  })();
  expect(isReleaseError(caught)).toBe(true);
  expect(isReleaseError(caught, 'MALFORMED_KEY')).toBe(true);
  expect(isReleaseError(caught, 'MALFORMED_RELEASE')).toBe(false);
  expect(isReleaseError({ name: 'ReleaseError', code: 'MALFORMED_KEY' })).toBe(false);
});
