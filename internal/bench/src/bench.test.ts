import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { discover } from './discover.ts';
import { median } from './median.ts';
import { mergeReports } from './report.ts';
import { timeRow } from './row.ts';
import { markdownReport, textTable } from './table.ts';
import { compare, measure } from './timing.ts';
import { machineFacts } from './machine.ts';

const folder = await mkdtemp(join(tmpdir(), 'bench-'));
afterAll(() => rm(folder, { recursive: true }));

describe('median', () => {
  test('odd, even, one, none', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([7])).toBe(7);
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('timing', () => {
  test('calls both and interleaves them in changing order', async () => {
    const order: string[] = [];
    const mark = (name: string) => () => {
      if (order.at(-1) !== name) order.push(name);
    };
    const result = await compare({ ours: mark('ours'), peer: mark('peer'), rounds: 4, minRoundMs: 0.01 });
    // Warm-up ours, peer; then ours peer | peer ours | ours peer | peer ours, neighbours that are the same run together.
    expect(order).toEqual(['ours', 'peer', 'ours', 'peer', 'ours', 'peer', 'ours']);
    expect(result.ratio).toBeGreaterThan(0);
  });

  test('awaits a promise before the next call', async () => {
    let open = 0;
    let overlapped = false;
    await measure(
      async () => {
        overlapped ||= open > 0;
        open++;
        await Promise.resolve();
        open--;
      },
      { rounds: 2, minRoundMs: 0.01 },
    );
    expect(overlapped).toBe(false);
  });

  test('stops at an abort with its own reason', async () => {
    const reason = new Error('stop');
    await expect(compare({ ours: () => 1, peer: () => 1, minRoundMs: 0.01 }, AbortSignal.abort(reason))).rejects.toBe(
      reason,
    );
  });
});

describe('row', () => {
  const result = { oursNs: 2_000_000, peerNs: 8_000_000, ratio: 4 };
  test('takes the unit of ours and judges the target', () => {
    expect(timeRow({ what: 'a', result })).toMatchObject({ ours: 2, peer: 8, unit: 'ms', ok: true, target: null });
    expect(timeRow({ what: 'a', result, target: { minRatio: 4 } }).ok).toBe(true);
    expect(timeRow({ what: 'a', result, target: { minRatio: 4.1 } }).ok).toBe(false);
    expect(timeRow({ what: 'a', result, target: { maxNs: 1_999_999 } }).ok).toBe(false);
  });

  test('a speed target without a peer is missed, not passed', () => {
    expect(timeRow({ what: 'a', result: { ...result, peerNs: null, ratio: null }, target: { minRatio: 0 } }).ok).toBe(
      false,
    );
  });
});

describe('discover', () => {
  test('finds by file and by name, refuses a file without the two exports', async () => {
    await writeFile(join(folder, 'a.bench.ts'), `export const name = 'payload: x'; export const run = async () => [];`);
    await writeFile(join(folder, 'b.bench.ts'), `export const name = 'gate'; export const run = async () => [];`);
    await writeFile(join(folder, 'c.ts'), 'export {};');
    expect((await discover(folder, [])).map((bench) => bench.file)).toEqual(['a.bench.ts', 'b.bench.ts']);
    expect((await discover(folder, ['payload'])).map((bench) => bench.file)).toEqual(['a.bench.ts']);
    expect((await discover(folder, ['b.b'])).map((bench) => bench.file)).toEqual(['b.bench.ts']);
    await writeFile(join(folder, 'd.bench.ts'), 'export const name = 1;');
    await expect(discover(folder, [])).rejects.toThrow('d.bench.ts must export');
  });
});

describe('report', () => {
  const machine = machineFacts();
  const section = (file: string, name: string) => ({ file, name, measuredAt: 'T', rows: [] });

  test('a filtered run keeps the sections it did not measure, unless they are of another machine', () => {
    const old = { machine, sections: [section('a', 'old'), section('b', 'old')] };
    const fresh = { machine, sections: [section('a', 'new')] };
    expect(mergeReports(old, fresh).sections.map((s) => s.name)).toEqual(['new', 'old']);
    expect(mergeReports({ ...old, machine: { ...machine, cores: 999 } }, fresh).sections).toHaveLength(1);
    expect(mergeReports(undefined, fresh)).toBe(fresh);
  });

  test('a missed target shows in both tables', () => {
    const rows = [
      { what: 'a|b', ours: 1234.5, peer: null, ratio: null, unit: 'ns', target: 'at most 1 ns', ok: false },
    ];
    expect(textTable(rows)).toContain('MISSED');
    expect(markdownReport({ machine, sections: [{ ...section('a', 'n'), rows }] })).toContain(
      '| a\\|b | 1,235 | – | – | ns | at most 1 ns | MISSED |',
    );
  });
});
