import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { block, emptyBlocklist } from '@klpkit/blocklist';
import { describe, expect, test } from 'vitest';
import { runIn } from '../run-in.fixture.ts';

interface Outcome {
  readonly code: number;
  readonly json: Record<string, unknown>;
  readonly text: string;
}

async function klpkit(argv: string[], files: Record<string, string> = {}): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'klpkit-policy-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const { exit, out, err, rows } = await runIn(folder, argv);
    if (argv.includes('--json')) expect(rows).toHaveLength(1);
    return { code: exit, text: `${out}${err}`, json: rows[0] ?? {} };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const usage = { code: 2, json: { ok: false, code: 'USAGE' } };
const unreadable = { code: 2, json: { ok: false, code: 'IO' } };

describe('bucket', () => {
  const ids = [
    '--machine-id',
    '01020304-0506-0708-090A-0B0C0D0E0F10\n',
    '--app-id',
    'f03daaeb1c334b43a732172944bf772e',
  ];
  test('says node, position and percentage', async () => {
    const { code, json } = await klpkit(['bucket', ...ids, '--patch', 'lp-6.8.0-45.1', '--json']);
    expect(code).toBe(0);
    expect(json).toEqual({
      node: 'fb9a2c5cf80b4980951b0fcf44503a0d',
      u48: 110_968_163_659_705,
      percent: 39.42381129452066,
    });
  });
  test('hashes any key as it stands', async () => {
    expect(await klpkit(['bucket', ...ids, '--patch', ' ', '--json'])).toMatchObject({ code: 0 });
  });
  test('refuses an id that is none', async () => {
    expect(await klpkit(['bucket', ...ids, '--machine-id', 'uninitialized', '--patch', 'a-1', '--json'])).toMatchObject(
      usage,
    );
    expect(await klpkit(['bucket', ...ids, '--json'])).toMatchObject(usage);
  });
});

describe('gate', () => {
  const gate = (...counts: string[]): Promise<Outcome> => {
    const [n = '', failed = '', open = '', p0 = '0.01', ...more] = counts;
    return klpkit([
      'gate',
      '--n',
      n,
      '--failed',
      failed,
      '--open',
      open,
      '--p0',
      p0,
      '--p-bad',
      '.03',
      '--json',
      ...more,
    ]);
  };
  const { decide } = JSON.parse(
    readFileSync(new URL('../../../../vectors/gate/vectors.json', import.meta.url), 'utf8'),
  ) as { decide: Record<string, number>[] };
  test.each(decide)('decides $n, $failed, $open as the vectors', async (vector) => {
    const { n, failed, open, p0, pBad, alpha, beta, lnHalt, lnAdvance, ...words } = vector;
    const numbers = { n, failed, open, p0, 'p-bad': pBad, alpha, beta };
    const argv = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const { code, json } = await klpkit(['gate', ...argv, '--json']);
    expect(code).toBe(0);
    expect(json).toMatchObject(words);
    expect(json['lnHalt']).toBeCloseTo(lnHalt ?? Number.NaN, 9);
    expect(json['lnAdvance']).toBeCloseTo(lnAdvance ?? Number.NaN, 9);
  });
  test.each([
    ['p0 of a third', ['10', '1', '1', String(1 / 3)]],
    ['p0 above a third', ['10', '1', '1', '0.5']],
    ['p0 of nothing', ['10', '1', '1', '0']],
    ['more than all', ['10', '6', '5']],
    ['a negative count', ['10', '-1', '5']],
    ['half a machine', ['10.5', '1', '5']],
    ['a count in hex', ['0x10', '1', '5']],
    ['no count', ['', '0', '0']],
    ['no rate', ['10', '1', '1', 'often']],
    ['alpha of one', ['10', '1', '1', '0.01', '--alpha', '1']],
    ['an unknown option', ['10', '1', '1', '0.01', '--gamma', '1']],
  ])('refuses %s', async (_, counts) => expect(await gate(...counts)).toMatchObject(usage));
  test('explains itself to a person', async () => {
    const { code, text } = await klpkit([
      'gate',
      '--n',
      '60',
      '--failed',
      '5',
      '--open',
      '5',
      '--p0',
      '0.01',
      '--p-bad',
      '0.03',
    ]);
    expect(code).toBe(0);
    expect(text).toMatch(/^Halt: 5 of 60 machines failed/);
  });
});

describe('blocklist check', () => {
  const now = Date.now();
  const entry = {
    release: 'lp-6.1-3',
    sha256: 'ab'.repeat(32),
    kernels: ['6.1.0-1-amd64'],
    action: 'no-apply',
    reason: 'gate',
    since: now,
  } as const;
  const files = { 'list.json': JSON.stringify(block(emptyBlocklist(now), entry, now)) };
  const check = (...argv: string[]): Promise<Outcome> =>
    klpkit(['blocklist', 'check', 'list.json', ...argv, '--json'], files);

  test('a release that is not on it', async () => {
    expect(await check('--patch', 'lp-6.1-4', '--when', 'first-apply')).toMatchObject({
      code: 0,
      json: { allowed: true, reason: 'not-blocked' },
    });
  });
  test.each(['offer', 'first-apply', 're-apply'])('a release that is, at %s', async (when) => {
    expect(await check('--patch', 'lp-6.1-3', '--when', when)).toMatchObject({
      code: 1,
      json: { allowed: false, reason: 'blocked', entry },
    });
  });
  test('on another kernel, under another key', async () => {
    expect(await check('--patch', 'lp-6.1-3', '--when', 'offer', '--kernel', '6.1.0-2-amd64')).toMatchObject({
      code: 0,
    });
    expect(await check('--patch', 'x-1', '--when', 'offer', '--sha256', 'AB'.repeat(32))).toMatchObject({ code: 1 });
  });
  test('a list that has run out', async () => {
    const later = ['--at', String(now + 5 * 86_400_000), '--patch', 'lp-6.1-4', '--when'];
    expect(await check(...later, 'first-apply')).toMatchObject({ code: 1, json: { allowed: false, reason: 'stale' } });
    expect(await check(...later, 're-apply')).toMatchObject({ code: 0, json: { reason: 'stale-but-ran-healthy' } });
    expect(await check(...later, 're-apply', '--crashed')).toMatchObject({ code: 1, json: { reason: 'crashed-here' } });
  });
  test('wrong use', async () => {
    expect(await check('--patch', 'lp-6.1-4', '--when', 'never')).toMatchObject(usage);
    expect(await check('--patch', 'lp-6.1-4')).toMatchObject(usage);
    expect(await check('--patch', 'not a key', '--when', 'offer')).toMatchObject(usage);
    expect(await check('--patch', 'a-1', '--when', 'offer', '--sha256', 'short')).toMatchObject(usage);
  });
  test.each([
    ['is missing', {}],
    ['is empty', { 'list.json': '' }],
    ['is no JSON', { 'list.json': '{' }],
    ['is no blocklist', { 'list.json': '{"type":"blocklist"}' }],
  ])('a file that %s', async (_, broken) => {
    const argv = ['blocklist', 'check', 'list.json', '--patch', 'a-1', '--when', 'offer', '--json'];
    expect(await klpkit(argv, broken)).toMatchObject(unreadable);
  });
});

describe('simulate', () => {
  const plan = {
    seed: 1,
    policy: { gate: { p0: 0.001, pBad: 0.01 } },
    population: { tiers: { internal: 20, updates: 400 } },
  };
  test('plays a plan through', async () => {
    const { code, json } = await klpkit(['simulate', 'plan.json', '--json'], { 'plan.json': JSON.stringify(plan) });
    expect(code).toBe(0);
    expect(json).toMatchObject({ machinesReached: 420, decision: expect.any(String), steps: expect.any(Array) });
  });
  test('tells a person', async () => {
    const { text } = await klpkit(['simulate', 'plan.json'], { 'plan.json': JSON.stringify(plan) });
    expect(text).toContain('start (policy)  internal 100 %');
    expect(text).toContain('420 of 420 machines reached');
  });
  const base = { release: 'lp-1', kernel: '6.1.0-1-amd64', arch: 'x86_64', tier: 'updates', sentAt: 0 };
  const ping = (index: number, kind: string, more: object = {}): string => {
    const id = `0d3c1c9e-7d3b-4f6e-9d0a-${String(index).padStart(12, '0')}`;
    return JSON.stringify({ receivedAt: index * 1000, ping: { ...base, id, attemptId: id, kind, ...more } });
  };
  const lines = [1, 2, 3, 4].flatMap((index) => [
    ping(index, 'before'),
    ping(index, 'error', { phase: 'insert', code: 'REJECTED' }),
  ]);
  const recorded = { 'plan.json': JSON.stringify({ recorded: 'pings.jsonl', policy: plan.policy }) };
  test('plays recorded pings through the gate', async () => {
    const { json } = await klpkit(['simulate', 'plan.json', '--json'], {
      ...recorded,
      'pings.jsonl': `${lines.join('\n')}\n`,
    });
    expect(json).toMatchObject({ decision: 'halt', machinesReached: 2, machinesSpared: 2 });
  });
  test.each([
    ['a plan that is none', { 'plan.json': '{}' }],
    ['no plan', {}],
    ['no recorded pings', recorded],
    ['a recorded line that is no JSON', { ...recorded, 'pings.jsonl': '{' }],
    ['a recorded ping that is none', { ...recorded, 'pings.jsonl': '{"receivedAt":1,"ping":{"kind":"before"}}' }],
    ['a recorded line without its time', { ...recorded, 'pings.jsonl': '{"ping":{}}' }],
  ])('refuses %s', async (_, broken) =>
    expect(await klpkit(['simulate', 'plan.json', '--json'], broken)).toMatchObject(unreadable),
  );
});
