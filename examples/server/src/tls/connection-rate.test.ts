import { expect, it } from 'vitest';
import { type ConnectionRate, limitConnections } from './connection-rate.ts';

/** Sixty a minute, ten of them at once. */
function start(perMinute = 60): { rate: ConnectionRate; pass: (ms: number) => void; refused: string[] } {
  let time = 0;
  const refused: string[] = [];
  const rate = limitConnections({ perMinute, now: () => time, onRefused: (network) => void refused.push(network) });
  return { rate, pass: (ms) => void (time += ms), refused };
}

function open(rate: ConnectionRate, count: number, address = '192.0.2.1'): number {
  return Array.from({ length: count }, () => rate.mayOpen(address)).filter(Boolean).length;
}

it('lets a sixth of a minute’s connections come at once, and then as many as the rate says', () => {
  const { rate, pass } = start();
  expect(open(rate, 30)).toBe(10);
  pass(5_000);
  expect(open(rate, 30)).toBe(5);
  pass(600_000);
  expect(open(rate, 30)).toBe(10);
});

it('lets everybody come where one network does too often', () => {
  const { rate } = start();
  open(rate, 1_000);
  expect(open(rate, 1, '192.0.2.2')).toBe(1);
  expect(open(rate, 20, '2001:db8::1')).toBe(10);
  expect(open(rate, 1, '2001:db8::2')).toBe(0);
  expect(open(rate, 1, '2001:db8:0:1::2')).toBe(1);
});

it('tells once that a network is refused, and again only after it had kept to the limit', () => {
  const { rate, pass, refused } = start();
  open(rate, 1_000);
  expect(refused).toEqual(['192.0.2.1']);
  pass(3_000);
  open(rate, 1_000);
  expect(refused).toHaveLength(1);
  pass(10_000);
  open(rate, 1_000);
  expect(refused).toHaveLength(2);
});

it('lets one come also where the limit is less than one in ten seconds', () => {
  const { rate, pass } = start(1);
  expect(open(rate, 5)).toBe(1);
  pass(60_000);
  expect(open(rate, 5)).toBe(1);
});

it('remembers so many networks and no more, those that came of late', () => {
  const { rate } = start(6);
  rate.mayOpen('192.0.2.1');
  rate.mayOpen('192.0.2.2');
  for (let index = 0; index < 19_999; index += 1) {
    rate.mayOpen(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
    if (index % 1_000 === 0) expect(rate.mayOpen('192.0.2.1')).toBe(false);
  }
  expect(rate.mayOpen('192.0.2.1')).toBe(false);
  expect(rate.mayOpen('192.0.2.2')).toBe(true);
});
