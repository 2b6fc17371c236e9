import { spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scanKernelText } from '@klpkit/kernel-log';
import { vectorsDir } from '@klpkit-internal/testkit';
import type { BenchContext, BenchRow } from './bench.ts';
import { writeBenignLog } from './benign-log.ts';
import { scoreAttribution } from './kernel-log-attribution.ts';
import { scoreCorpus } from './kernel-log-score.ts';

export const name = 'kernel-log: scanner';

const logBytes = 100 * 1_048_576;
const patterns = join(vectorsDir('kernel-log'), 'patterns.txt');

export async function run(context: BenchContext): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'klpkit-bench-'));
  try {
    const log = join(folder, 'benign.log');
    writeBenignLog(log, logBytes);
    return [
      await speedRow(context, log),
      ...(await linearRows(context)),
      await memoryRow(),
      ...(await scoreCorpus()),
      ...(await scoreAttribution()),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function count(source: Iterable<string> | AsyncIterable<string>): Promise<number> {
  let found = 0;
  for await (const incident of scanKernelText(source)) if (incident.kind !== 'external') found++;
  return found;
}

function grep(file: string): void {
  const { status, error } = spawnSync('grep', ['-E', '-c', '-f', patterns, file], {
    env: { ...process.env, LC_ALL: 'C' },
  });
  // 1: no line matched.
  if (error !== undefined || (status !== 0 && status !== 1)) throw new Error('grep did not run', { cause: error });
}

async function speedRow(context: BenchContext, log: string): Promise<BenchRow> {
  const ours = async (): Promise<void> => {
    const chunks = createReadStream(log, { encoding: 'utf8', signal: context.signal });
    if ((await count(chunks as AsyncIterable<string>)) !== 0) throw new Error('the benign log has incidents');
  };
  const result = await context.compare({ ours, peer: () => grep(log) });
  const what = '100 MB of benign log from a file, against LC_ALL=C grep -E -c -f with the same patterns';
  return context.row({ what, result, target: { minRatio: 1 / 1.5 } });
}

/** Shapes that hurt patterns which are not linear. */
const hostileLines: Readonly<Record<string, string>> = {
  brackets: '[',
  stamps: '[    1.000000][    T1] ',
  frames: ' f+0x1/0x2 [m]',
  'anchors behind stamps': '[    1.000000] BUG: ',
  'module names': ' module_1(OE)',
};

/** Times a line of 256 KiB and one of 1 MiB: linear is a ratio of 4. */
async function linearRows(context: BenchContext): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [shape, part] of Object.entries(hostileLines)) {
    const text = (bytes: number): string =>
      `Oops: 0002 [#1] SMP\nModules linked in:${part.repeat(Math.ceil(bytes / part.length))}\n`;
    const [small, large] = [text(262_144), text(1_048_000)];
    const { oursNs, peerNs, ratio } = await context.compare({ ours: () => count([small]), peer: () => count([large]) });
    const what = `a line of 1 MiB of ${shape}, against one of 256 KiB`;
    const ok = ratio !== null && ratio < 6;
    rows.push({
      what,
      ours: (peerNs ?? 0) / 1e6,
      peer: oursNs / 1e6,
      ratio,
      unit: 'ms',
      target: 'at most 6 times as long',
      ok,
    });
  }
  return rows;
}

async function memoryRow(): Promise<BenchRow> {
  const heapMb = (): number => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed / 1e6;
  };
  function* endless(): Generator<string> {
    for (let i = 0; i < 2_000_000; i++)
      yield `[    1.000000][ T${i % 5000}] BUG: unable to handle page fault\n f${i}+0x1/0x2 [m${i}]\n`;
  }
  const before = heapMb();
  let after = 0;
  let seen = 0;
  for await (const incident of scanKernelText(endless())) {
    if (incident.line !== '' && ++seen % 500_000 === 0) after = Math.max(after, heapMb());
  }
  const grown = Math.max(0, after - before);
  return {
    what: `heap grown over a stream of 2,000,000 faults (${seen} incidents)`,
    ours: grown,
    peer: null,
    ratio: null,
    unit: 'MB',
    target: 'at most 20 MB',
    ok: grown <= 20,
  };
}
