import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createRecentPings } from './recent-pings.ts';

const sentAt = 1_795_000_000_000;

describe('recent pings', () => {
  it('are known by id and time, and no others', () => {
    const recent = createRecentPings();
    const id = '01234567-89ab-4cde-8f01-23456789abcd';
    recent.add({ id, sentAt });
    expect(recent.has({ id, sentAt })).toBe(true);
    const others = [sentAt + 1, sentAt - 1, sentAt + 2 ** 32, sentAt - 2 ** 32, 0].map((time) => ({
      id,
      sentAt: time,
    }));
    for (let digit = 0; digit < id.length; digit += 1) {
      if (id[digit] === '-') continue;
      const other = id[digit] === 'e' ? 'f' : 'e';
      others.push({ id: `${id.slice(0, digit)}${other}${id.slice(digit + 1)}`, sentAt });
    }
    expect(others.filter((ping) => recent.has(ping))).toEqual([]);
  });

  it('are nearly all of the last six thousand, however many there were', () => {
    const recent = createRecentPings();
    const all = Array.from({ length: 300_000 }, () => ({ id: randomUUID(), sentAt }));
    for (const ping of all) recent.add(ping);
    const known = all.slice(-6000).filter((ping) => recent.has(ping)).length;
    expect(known).toBeGreaterThan(5400);
    expect(all.slice(0, 6000).filter((ping) => recent.has(ping)).length).toBeLessThan(400);
  });

  it('are none at first', () => {
    expect(createRecentPings().has({ id: '00000000-0000-4000-8000-000000000000', sentAt: 0 })).toBe(false);
  });
});
