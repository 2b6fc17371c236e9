import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Sql } from '../database/database.ts';
import { createTokenCheck } from './token-check.ts';

/** A table of tokens whose readings are counted, and wait for the test where it says so. */
function tableOfTokens() {
  const good = new Set<string>();
  const table = { good, readings: 0, hold: Promise.resolve() };
  const query = async (_text: string, [asked]: [readonly Buffer[]]) => {
    table.readings += 1;
    const rows = [...good]
      .map((token) => ({
        id: token,
        expiresAt: token === 'short' ? 5_000 : null,
        hash: createHash('sha256').update(token).digest(),
      }))
      .filter(({ hash }) => asked.some((one) => one.equals(hash)));
    await table.hold;
    return { rows };
  };
  return { table, sql: { query } as unknown as Sql };
}

describe('the check of tokens', () => {
  it('asks the database once for many wrong tokens', async () => {
    const { table, sql } = tableOfTokens();
    table.good.add('good');
    const check = createTokenCheck(sql, () => 0);
    expect((await check.find('good'))?.id).toBe('good');
    const wrong = await Promise.all(Array.from({ length: 1_000 }, (_, index) => check.find(`wrong ${index}`)));
    expect(wrong.every((one) => one === undefined)).toBe(true);
    expect((await check.find('good'))?.id).toBe('good');
    expect(table.readings).toBe(2);
  });

  it('knows a token that was made a moment ago on another server', async () => {
    const { table, sql } = tableOfTokens();
    const check = createTokenCheck(sql, () => 0);
    expect(await check.find('new')).toBeUndefined();
    table.good.add('new');
    expect((await check.find('new'))?.id).toBe('new');
    expect(check.remembered('new')).toBe('new');
  });

  it('refuses what has expired, and what was revoked elsewhere ten seconds ago', async () => {
    const { table, sql } = tableOfTokens();
    table.good.add('short').add('long');
    let now = 0;
    const check = createTokenCheck(sql, () => now);
    expect((await check.find('short'))?.id).toBe('short');
    expect((await check.find('long'))?.id).toBe('long');
    now = 5_000;
    expect(await check.find('short')).toBeUndefined();
    table.good.delete('long');
    expect((await check.find('long'))?.id).toBe('long');
    now = 10_000;
    expect(await check.find('long')).toBeUndefined();
  });

  it('does not remember what was revoked here while it read', async () => {
    const { table, sql } = tableOfTokens();
    table.good.add('revoked');
    const check = createTokenCheck(sql, () => 0);
    const { promise, resolve } = Promise.withResolvers<void>();
    table.hold = promise;
    const reading = check.find('revoked');
    while (table.readings === 0) await new Promise((turn) => setImmediate(turn));
    table.good.delete('revoked');
    check.forget();
    resolve();
    await reading;
    expect(check.remembered('revoked')).toBeUndefined();
    expect(await check.find('revoked')).toBeUndefined();
  });

  it('tries again after a reading that failed', async () => {
    const { table, sql } = tableOfTokens();
    table.good.add('good');
    const check = createTokenCheck(sql, () => 0);
    table.hold = Promise.reject(new Error('away'));
    await expect(check.find('good')).rejects.toThrow('away');
    table.hold = Promise.resolve();
    expect((await check.find('good'))?.id).toBe('good');
  });
});
