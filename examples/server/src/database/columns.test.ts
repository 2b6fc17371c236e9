import * as fc from 'fast-check';
import { types } from 'pg';
import { describe, expect, it } from 'vitest';
import { plainColumn, textColumn } from './columns.ts';

const arrayOfText = 1009;
const parseTexts = types.getTypeParser(arrayOfText as never) as unknown as (literal: string) => (string | null)[];
const same = <T>(value: T): T => value;

describe('columns as array literals', () => {
  it('hold every text, as pg reads them back', () => {
    const texts = fc.array(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 30 }),
        fc.constantFrom('NULL', '', '"', '\\', '{}', 'a,b', '\n'),
        fc.constant(null),
      ),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(texts, (values) => {
        expect(parseTexts(textColumn(values, same))).toEqual(values);
      }),
    );
  });

  it('hold numbers, booleans and nothing', () => {
    expect(plainColumn([1, null, undefined, -2.5, true, false], same)).toBe('{1,NULL,NULL,-2.5,true,false}');
    expect(plainColumn([], same)).toBe('{}');
    expect(textColumn([undefined], same)).toBe('{NULL}');
  });
});
