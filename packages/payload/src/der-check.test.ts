import { testAuthority } from '@klpkit-internal/testkit';
import { describe, expect, test } from 'vitest';
import { checkDer } from './der-check.ts';

const check = (hex: string): void =>
  checkDer(Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex')), 'MALFORMED_SIGNATURE');

describe('DER is taken', () => {
  test.each([
    ['an empty sequence', '3000'],
    ['a length in one, two and three bytes', `30 81 83 04 81 80 ${'00'.repeat(128)}`],
    ['zero, minus one, and a number with a sign byte', '30 0a 020100 0201ff 02020080'],
    ['both booleans', '30 06 010100 0101ff'],
    ['a bit string with unused bits', '03 02 07 80'],
    ['an empty bit string', '03 01 00'],
  ])('%s', (_, hex) => check(hex));

  test('a certificate', () => checkDer(testAuthority('p-384').certificateDer, 'MALFORMED_CERTIFICATE'));
});

describe('what is not DER, or is too much of it, is refused', () => {
  test.each([
    ['nothing', '', 0],
    ['a tag alone', '30', 0],
    ['a length that is cut off', '3082 01', 1],
    ['contents that are cut off', '3003 0201', 0],
    ['a byte behind the element', '3000 00', 2],
    ['an element behind the element', '3000 3000', 2],
    ['an indefinite length', '3080 0000', 1],
    ['a length of three bytes', '3083 000001 00', 1],
    ['a length of 127 bytes', 'ff', 0],
    ['a length that is longer than it must be', '3081 01 05', 1],
    ['a length of two bytes that fits into one', `3082 0080 ${'05'.repeat(128)}`, 1],
    ['a child that reaches past its parent', '30 04 04 05 00 00', 2],
    ['a high tag number', '1f 81 00 00', 0],
    ['end of contents', '30 02 00 00', 2],
    ['a padded integer', '02 02 00 01', 2],
    ['a padded negative integer', '02 02 ff 80', 2],
    ['an empty integer', '02 00', 2],
    ['a boolean that is neither', '01 01 01', 2],
    ['a boolean of two bytes', '01 02 ff ff', 2],
    ['a null with contents', '05 01 00', 2],
    ['an empty object identifier', '06 00', 2],
    ['an object identifier that does not end', '06 01 80', 2],
    ['an object identifier with padding', '06 02 80 01', 2],
    ['an empty bit string without its count', '03 00', 2],
    ['a bit string with nine unused bits', '03 02 09 00', 2],
    ['a bit string with unused bits that are set', '03 02 01 01', 2],
    ['a bit string with unused bits of nothing', '03 01 01', 2],
    ['a primitive sequence', '10 00', 0],
    ['a constructed octet string', '24 00', 0],
  ])('%s', (_, hex, offset) => {
    let error: unknown;
    try {
      check(hex);
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ code: 'MALFORMED_SIGNATURE', offset });
  });

  test('more bytes than the kernel takes', () => {
    const bytes = new Uint8Array(65_536);
    bytes.set([0x04, 0x82, 0xff, 0xfc]);
    expect(() => checkDer(bytes, 'MALFORMED_SIGNATURE')).toThrow('65535');
  });

  test('more depth than any message has', () => {
    const nested = (depth: number): string => {
      let hex = '0500';
      for (let level = 0; level < depth; level++) hex = `30${(hex.length / 2).toString(16).padStart(2, '0')}${hex}`;
      return hex;
    };
    check(nested(16));
    expect(() => check(nested(17))).toThrow('too deep');
  });

  test('more elements than any message has', () => {
    const children = '0500'.repeat(5000);
    expect(() => check(`3082 ${(children.length / 2).toString(16)} ${children}`)).toThrow('too many');
  });
});
