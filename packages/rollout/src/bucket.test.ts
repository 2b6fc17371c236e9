import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allMicroPercent, isWithin, positionOf, positions } from './bucket.ts';
import { type NodeId, nodeIdOf, readMachineId } from './node-id.ts';

const appId = 'f03daaeb1c334b43a732172944bf772e';
const machineId = '0102030405060708090a0b0c0d0e0f10';
const node = 'fb9a2c5cf80b4980951b0fcf44503a0d';
const position = fc.integer({ min: 0, max: positions - 1 });
const microPercent = fc.integer({ min: 0, max: allMicroPercent });

describe('isWithin', () => {
  test('is the comparison of the specification, in integers of any size', () => {
    fc.assert(
      fc.property(position, microPercent, (u, m) => {
        expect(isWithin(u, m)).toBe(BigInt(u) * 100_000_000n < BigInt(m) * 2n ** 48n);
      }),
      { numRuns: 5000 },
    );
  });

  test('is exact at the very edge of any percentage', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: allMicroPercent }), fc.integer({ min: -2, max: 2 }), (m, off) => {
        const u = Number((BigInt(m) * 2n ** 48n) / 100_000_000n) + off;
        fc.pre(u >= 0 && u < positions);
        expect(isWithin(u, m)).toBe(BigInt(u) * 100_000_000n < BigInt(m) * 2n ** 48n);
      }),
      { numRuns: 5000 },
    );
  });

  test('grows with the percentage', () => {
    fc.assert(
      fc.property(
        position,
        microPercent,
        microPercent,
        (u, a, b) => !isWithin(u, Math.min(a, b)) || isWithin(u, Math.max(a, b)),
      ),
    );
  });

  test('0 % is nobody and 100 % everybody', () => {
    for (const u of [0, 1, positions - 1]) {
      expect(isWithin(u, 0)).toBe(false);
      expect(isWithin(u, allMicroPercent)).toBe(true);
    }
  });

  test.each([
    [-1, 0],
    [positions, 0],
    [0.5, 0],
    [Number.NaN, 0],
    [0, -1],
    [0, allMicroPercent + 1],
    [0, 0.5],
    [0, Number.NaN],
  ])('refuses position %d at %d', (u, m) => {
    expect(() => isWithin(u, m)).toThrow(expect.objectContaining({ code: 'OUT_OF_RANGE' }));
  });
});

describe('positionOf', () => {
  const nodeOf = (index: number): NodeId => nodeIdOf(index.toString(16).padStart(32, '0'), appId);

  test('spreads machines evenly and independently from release to release', () => {
    const machines = Array.from({ length: 20_000 }, (_, index) => nodeOf(index));
    const inTenth = (release: string): NodeId[] =>
      machines.filter((id) => isWithin(positionOf(id, release), 10_000_000));
    const first = inTenth('lp-6.8.0-45.1');
    expect(first.length).toBeGreaterThan(1850);
    expect(first.length).toBeLessThan(2150);
    const again = first.filter((id) => isWithin(positionOf(id, 'lp-6.8.0-45.2'), 10_000_000));
    expect(again.length / first.length).toBeGreaterThan(0.07);
    expect(again.length / first.length).toBeLessThan(0.13);
  });

  test('hashes a key as it stands, however long', () => {
    const key = 'ä'.repeat(1000);
    expect(positionOf(nodeOf(1), key)).toBe(positionOf(nodeOf(1), key));
    expect(positionOf(nodeOf(1), key)).not.toBe(positionOf(nodeOf(1), `${key} `));
  });

  test('a re-roll is another draw', () => {
    expect(positionOf(nodeOf(1), 'lp-1#1')).not.toBe(positionOf(nodeOf(1), 'lp-1'));
  });
});

describe('nodeIdOf', () => {
  test.each([
    ['digits', machineId],
    ['a trailing newline', `${machineId}\n`],
    ['CR LF', `${machineId}\r\n`],
    ['upper case', machineId.toUpperCase()],
    ['the dashes of a UUID', '01020304-0506-0708-090a-0b0c0d0e0f10'],
  ])('takes %s', (_, text) => {
    expect(nodeIdOf(text, appId)).toBe(node);
    expect(nodeIdOf(machineId, ` ${appId}`.trim())).toBe(node);
  });

  test.each([
    ['nothing', ''],
    ['31 digits', machineId.slice(1)],
    ['33 digits', `${machineId}0`],
    ['no hex', 'g'.repeat(32)],
    ['uninitialized', 'uninitialized\n'],
    ['dashes in odd places', `-${machineId}`],
    ['two newlines', `${machineId}\n\n`],
    ['a space in front', ` ${machineId}`],
    ['full-width digits', '０'.repeat(32)],
  ])('refuses %s', (_, text) => {
    expect(() => nodeIdOf(text, appId)).toThrow(expect.objectContaining({ code: 'MALFORMED_ID' }));
    expect(() => nodeIdOf(machineId, text)).toThrow(expect.objectContaining({ code: 'MALFORMED_ID' }));
  });
});

describe('readMachineId', () => {
  test.each(['', '\n', 'uninitialized\n', `${'0'.repeat(32)}\n`])('%j is no id yet', (text) => {
    expect(readMachineId(text)).toBeUndefined();
  });
  test('reads an id', () => expect(readMachineId(`${machineId}\n`)).toBe(machineId));
  test('refuses anything else', () => {
    expect(() => readMachineId('localhost\n')).toThrow(expect.objectContaining({ code: 'MALFORMED_ID' }));
  });
});
