import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vectorsDir } from '@klpkit-internal/testkit';
import { describe, expect, it } from 'vitest';
import type { Incident, IncidentKind } from '../incident.ts';
import type { LogRule } from '../rule.ts';
import { checkRules, hintTexts } from '../rule-set.ts';
import { scanKernelLog } from '../scan.ts';
import { defaultRules } from './rules.ts';

async function collect(source: AsyncIterable<Incident>): Promise<Incident[]> {
  const found: Incident[] = [];
  for await (const incident of source) found.push(incident);
  return found;
}

interface Sample {
  readonly rule: string;
  readonly kind: IncidentKind;
  readonly title: string;
  readonly lines: readonly string[];
}

const folder = vectorsDir('kernel-log');
const samples = JSON.parse(readFileSync(join(folder, 'samples.json'), 'utf8')) as readonly Sample[];

/** The ways a line can come, as the kernel or a tool would write it. */
const forms: Readonly<Record<string, (line: string, index: number) => string>> = {
  '/dev/kmsg': (line, index) => `4,${index},${5_000_000 + index},-;${line.replaceAll('\t', String.raw`\x09`)}`,
  console: (line, index) => `[    5.${String(index).padStart(6, '0')}] ${line}`,
  'console with callers': (line, index) => `[    5.${String(index).padStart(6, '0')}][    C1] ${line}`,
  'dmesg -r': (line, index) => `<4>[    5.${String(index).padStart(6, '0')}] ${line}`,
  'dmesg -x': (line, index) => `kern  :warn  : [    5.${String(index).padStart(6, '0')}] ${line}`,
  'dmesg -T': (line) => `[Tue Nov 24 21:16:57 2026] ${line}`,
  'dmesg --time-format=iso': (line) => `2026-11-24T21:16:57,140900+00:00 ${line}`,
  'dmesg -t': (line) => line,
  journal: (line) => `Nov 24 21:16:57 host kernel: ${line}`,
};

async function scan(lines: readonly string[], rules?: readonly LogRule[]): Promise<Incident[]> {
  return collect(scanKernelLog(lines, rules === undefined ? { all: true } : { all: true, rules }));
}

describe('each rule', () => {
  it.each(defaultRules.map((rule) => [rule.id]))('%s has a sample', (id) => {
    expect(samples.filter((sample) => sample.rule === id)).not.toHaveLength(0);
  });

  it('no sample is of a rule that is not there', () => {
    const ids = new Set(defaultRules.map((rule) => rule.id));
    expect(samples.filter((sample) => !ids.has(sample.rule))).toEqual([]);
  });
});

describe.each(Object.entries(forms))('samples as %s', (_form, write) => {
  it.each(samples.map((sample) => [sample.rule, sample] as const))('%s', async (_rule, sample) => {
    const found = await scan(sample.lines.map(write));
    expect(found.map(({ rule, kind, title }) => ({ rule, kind, title }))).toEqual([
      { rule: sample.rule, kind: sample.kind, title: sample.title },
    ]);
  });
});

describe('a process named like a fault', () => {
  // The name has 15 bytes, and the kernel writes it first in these lines.
  const lines = [
    '[731]: segfault at 10 ip 1 sp 2 error 4',
    ' invoked oom-killer: gfp_mask=0x0',
    ': page allocation failure: order:0',
    '[731]: unhandled signal 11',
    ' (731): drop_caches: 3',
    ' (731) used greatest stack depth: 12360 bytes left',
  ];
  const names = samples.map((sample) => [sample.rule, sample.lines[0] ?? ''] as const);
  const short = [
    'Oops: 0002 [#1]',
    'int3: 0000 [#1]',
    'BUG: KASAN: x',
    'WARNING: at',
    'Kernel BUG [#1]',
    'divide error: 0',
  ];
  it.each([...names, ...short.map((name) => [name, name] as const)])('%s', async (_rule, first) => {
    const forged = lines.map((line, index) => `4,${index},${index},-;${first.slice(0, 15)}${line}`);
    const found = await scan(forged);
    expect(found.filter(({ kind }) => kind !== 'external')).toEqual([]);
  });
});

describe('checkRules', () => {
  const good: LogRule = { id: 'a-rule', kind: 'fault', anchors: ['fault'], pattern: /fault/, title: 'fault' };
  it('takes the default rules', () => {
    expect(() => checkRules(defaultRules)).not.toThrow();
  });

  it.each<[string, readonly LogRule[]]>([
    ['an empty list', []],
    ['an id that is not kebab-case', [{ ...good, id: 'A rule' }]],
    ['an id used twice', [good, good]],
    ['no anchor', [{ ...good, anchors: [] }]],
    ['an anchor that begins with a blank', [{ ...good, anchors: [' fault'] }]],
    ['an anchor with a newline', [{ ...good, anchors: ['fa\nult'] }]],
    ['a pattern with flags', [{ ...good, pattern: /fault/g }]],
    ['a detail with flags', [{ ...good, details: [/x/i] }]],
  ])('refuses %s', async (_name, rules) => {
    expect(() => checkRules(rules)).toThrow(expect.objectContaining({ code: 'INVALID_RULE' }));
    await expect(scan([], rules)).rejects.toMatchObject({ code: 'INVALID_RULE' });
  });
});

it('an own rule works beside the default ones', async () => {
  const mine: LogRule = {
    id: 'widget-dead',
    kind: 'fault',
    anchors: ['widget: firmware died'],
    pattern: /widget: firmware died, code (?<code>\d+)/,
    title: 'widget: firmware died ({code})',
  };
  const found = await scan(['[    1.000000] widget: firmware died, code 7'], [...defaultRules, mine]);
  expect(found).toMatchObject([{ rule: 'widget-dead', title: 'widget: firmware died (NUM)' }]);
});

it('patterns.txt is what the scanner looks for in a block of text, for grep -E', () => {
  const escaped = hintTexts(defaultRules.filter(({ kind }) => kind !== 'external')).map((text) =>
    text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`),
  );
  expect(readFileSync(join(folder, 'patterns.txt'), 'utf8')).toBe(`${escaped.join('\n')}\n`);
});
