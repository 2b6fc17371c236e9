import { expect, it } from 'vitest';
import { createRecent } from './recent.ts';

it('remembers the last keys, and forgets the ones before', () => {
  const recent = createRecent(10);
  for (let key = 0; key < 100; key += 1) recent.add(String(key));
  const known = Array.from({ length: 100 }, (_, key) => recent.has(String(key)));
  expect(known.slice(90)).toEqual(Array.from({ length: 10 }, () => true));
  expect(known.filter(Boolean).length).toBeLessThanOrEqual(20);
  expect(recent.has('100')).toBe(false);
});
