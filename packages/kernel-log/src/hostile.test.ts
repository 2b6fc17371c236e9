import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Incident } from './incident.ts';
import { scanKernelLog, scanKernelText } from './scan.ts';

async function collect(source: AsyncIterable<Incident>): Promise<Incident[]> {
  const found: Incident[] = [];
  for await (const incident of source) found.push(incident);
  return found;
}

const all = (chunks: Iterable<string>): Promise<Incident[]> => collect(scanKernelText(chunks, { all: true }));
const mebibyte = 1 << 20;

/** Each must be over in a moment: were one of the patterns not linear, the test would not end in its time. */
describe('a line of 1 MiB', () => {
  it.each([
    ['of one letter', 'a'.repeat(mebibyte)],
    ['of blanks', ' '.repeat(mebibyte)],
    ['of brackets', '['.repeat(mebibyte)],
    ['of stamps', '[    1.000000] '.repeat(mebibyte / 15)],
    ['of stamps with callers', '[    1.000000][    T1] '.repeat(mebibyte / 23)],
    ['of commas', '1,'.repeat(mebibyte / 2)],
    ['of escapes', `4,1,1,-;${String.raw`\x41`.repeat(mebibyte / 4)}`],
    ['of frames', ' f+0x1/0x2 [m]'.repeat(mebibyte / 14)],
    ['of anchors', 'BUG: '.repeat(mebibyte / 5)],
    ['of stamped anchors', '[    1.000000] BUG: '.repeat(mebibyte / 20)],
    ['of facilities', 'kern  :emerg : '.repeat(mebibyte / 15)],
    ['of months', 'Nov 24 21:16:57 host kernel: '.repeat(mebibyte / 29)],
    ['of newlines in a record', `4,1,1,-;${String.raw`\x0a`.repeat(mebibyte / 4)}`],
    ['of an endless name', `INFO: task ${'x'.repeat(mebibyte)}:1 blocked for more than 120 seconds.`],
    ['of equal signs', '='.repeat(mebibyte)],
  ])('%s', async (_name, line) => {
    const around = `[    1.000000] WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n${line}\n[    1.000001] Kernel panic - not syncing: x\n`;
    const found = await all([around]);
    expect(found.length).toBeGreaterThan(0);
    expect(JSON.stringify(found).length).toBeLessThan(20_000);
    expect((await collect(scanKernelLog(around.split('\n')))).length).toBeGreaterThan(0);
  });
});

it('a line with 10,000 module names', async () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `module_${index}(OE)`);
  const lines = [
    'Oops: 0002 [#1] SMP',
    `Modules linked in: ${names.join(' ')} lp_fix(OK)`,
    '---[ end trace 0000000000000000 ]---',
  ];
  const [found] = await all([`${lines.join('\n')}\n`]);
  expect(found).toMatchObject({ attribution: 'weak', module: 'lp_fix', livepatches: [{ name: 'lp_fix' }] });
});

it('10,000 livepatches in a line', async () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `lp_${index}(OK)`);
  const [found] = await all([`Oops: 0002 [#1] SMP\nModules linked in: ${names.join(' ')}\n`]);
  expect(found?.livepatches.length).toBeLessThanOrEqual(64);
});

it('what was invalid UTF-8', async () => {
  const bytes = Uint8Array.from({ length: 4096 }, (_, index) => 0x80 + (index % 128));
  const junk = new TextDecoder().decode(bytes);
  const found = await all([`${junk}\n[    1.000000] Kernel panic - not syncing: ${junk.slice(0, 50)}\n`]);
  expect(found).toMatchObject([{ kind: 'panic' }]);
});

it('random text, cut anywhere, gives no throw', async () => {
  const word = fc.constantFrom(
    'BUG: ',
    'Oops: ',
    '[#1]',
    'RIP: 0010:',
    'Call Trace:',
    '[    1.000000]',
    ' f+0x1/0x2 [m]',
    '4,1,1,-;',
    '\\x0a',
    '\n',
    '\r',
    'Modules linked in: ',
    '---[ end trace',
    '------------[ cut here ]------------',
    'WARNING: ',
    'INFO: task ',
  );
  const chunk = fc
    .array(fc.oneof(word, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 40 })
    .map((parts) => parts.join(''));
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { maxLength: 20 }), async (chunks) => {
      await all(chunks);
    }),
    { numRuns: 200 },
  );
});

describe('an endless stream keeps its memory', () => {
  const megabytes = (): number => {
    const { gc } = globalThis as { gc?: () => void };
    gc?.();
    return process.memoryUsage().heapUsed / 1e6;
  };

  function* endless(make: (index: number) => string, count: number): Generator<string> {
    for (let index = 0; index < count; index++) yield make(index);
  }

  it.each([
    [
      'of one trace that never ends',
      (i: number) => (i === 0 ? 'Oops: 0002 [#1] SMP\nCall Trace:\n' : ` function_${i}+0x1/0x2 [module_${i}]\n`),
    ],
    ['of callers', (i: number) => `[    1.000000][ T${i}] Oops: 0002 [#${i}] SMP\n`],
    ['of hung tasks', (i: number) => `[    1.000000] INFO: task t${i}:${i} blocked for more than 120 seconds.\n`],
    ['of livepatches', (i: number) => `[    1.000000] livepatch: enabling patch 'lp_${i}'\n`],
    ['without a newline', () => 'BUG: '.repeat(50)],
  ])('%s', async (_name, make) => {
    const before = megabytes();
    let found = 0;
    for await (const incident of scanKernelText(endless(make, 100_000))) {
      found++;
      expect(incident.trace.length).toBeLessThanOrEqual(64);
      expect(incident.tasks.length).toBeLessThanOrEqual(16);
    }
    expect(found).toBeGreaterThanOrEqual(0);
    expect(megabytes() - before).toBeLessThan(60);
  });
});
