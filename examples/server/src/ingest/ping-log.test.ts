import { randomUUID } from 'node:crypto';
import { DatabaseError } from 'pg';
import { describe, expect, it } from 'vitest';
import type { Sql } from '../database/database.ts';
import { openPingLog, type TakenPing } from './ping-log.ts';

const taken = (id = randomUUID()): TakenPing => ({
  receivedAt: 1,
  ping: {
    id,
    attemptId: randomUUID(),
    kind: 'before',
    release: 'lp-1',
    kernel: 'k',
    arch: 'x86_64',
    tier: 'updates',
    sentAt: 1,
  },
});

/** Keeps ids as the table's key does; tells which statements it was given. */
function tableOfIds() {
  const ids = new Set<string>();
  const statements: string[] = [];
  const query = async (text: string, values: readonly unknown[] = []) => {
    const sent = String(values[0]).slice(1, -1).split(',');
    const isAsking = text.includes('on conflict do nothing');
    statements.push(isAsking ? 'new ones' : 'all');
    const fresh = sent.filter((id) => !ids.has(id));
    if (!isAsking && fresh.length < sent.length) {
      const error = new DatabaseError('duplicate key value', 0, 'error');
      error.code = '23505';
      throw error;
    }
    for (const id of fresh) ids.add(id);
    return { rows: fresh.map((id) => ({ id })), rowCount: fresh.length };
  };
  return { sql: { query } as unknown as Sql, statements };
}

describe('the log of pings', () => {
  it('writes without asking as long as all are new', async () => {
    const { sql, statements } = tableOfIds();
    const log = openPingLog(sql);
    expect(await log.append([taken(), taken()])).toEqual([true, true]);
    expect(await log.append([taken()])).toEqual([true]);
    expect(statements).toEqual(['all', 'all']);
  });

  it('knows by itself what it wrote of late', async () => {
    const { sql, statements } = tableOfIds();
    const log = openPingLog(sql);
    const [first, second] = [taken(), taken()];
    await log.append([first]);
    expect(await log.append([first, second, second])).toEqual([false, true, false]);
    expect(await log.append([first, second])).toEqual([false, false]);
    expect(statements).toEqual(['all', 'all']);
  });

  it('tells which others were there already, and asks first for a while then', async () => {
    const { sql, statements } = tableOfIds();
    const [first, second] = [taken(), taken()];
    // Another server on the same database.
    await openPingLog(sql).append([first]);
    const log = openPingLog(sql);
    expect(await log.append([first, second, second])).toEqual([false, true, false]);
    expect(await log.append([second, taken()])).toEqual([false, true]);
    expect(statements).toEqual(['all', 'all', 'new ones', 'new ones']);
  });

  it('does not take for written what was not', async () => {
    const { sql } = tableOfIds();
    const query: Sql['query'] = (...words) => (isAway ? Promise.reject(new Error('away')) : sql.query(...words));
    const log = openPingLog({ query });
    const one = taken();
    let isAway = true;
    await expect(log.append([one])).rejects.toThrow('away');
    isAway = false;
    expect(await log.append([one])).toEqual([true]);
  });

  it('passes on whatever else goes wrong', async () => {
    const sql = { query: () => Promise.reject(new Error('the disk is full')) } as unknown as Sql;
    await expect(openPingLog(sql).append([taken()])).rejects.toThrow('the disk is full');
  });
});
