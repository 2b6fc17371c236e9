import { spawnSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from '@klpkit-internal/testkit';
import type { BenchContext, BenchRow } from './bench.ts';

export const name = 'payload: memory';

const mebibyte = 1024 * 1024;
const streamBytes = 1024 * mebibyte;
const moduleBytes = 64 * mebibyte;

/** Runs a probe in a process of its own, whose peak memory nobody else moves, and gives the growth that it prints in bytes. */
function probe(which: string, argument: string): number {
  const script = new URL('payload-memory-probe.ts', import.meta.url).pathname;
  const argv = ['--conditions=@klpkit/source', '--expose-gc', script, which, argument];
  const { stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  const growth = Number(stdout);
  if (stdout === '' || Number.isNaN(growth)) throw new Error(`the probe failed: ${stderr}`);
  return growth;
}

function row(what: string, growth: number, limit: number): BenchRow {
  return {
    what,
    ours: growth / mebibyte,
    peer: null,
    ratio: null,
    unit: 'MiB',
    target: `under ${limit / mebibyte} MiB`,
    ok: growth < limit,
  };
}

export async function run(context: BenchContext): Promise<BenchRow[]> {
  await using folder = await tempFolder('klpkit-bench-');
  const path = join(folder.path, 'large');
  writeFileSync(path, '');
  truncateSync(path, streamBytes);
  context.log('1 GiB through digestPayload');
  const streamed = probe('stream', path);
  context.log('64 MiB: good, damaged, and hostile in its section table');
  return [
    row('1 GiB streamed from a file: peak growth', streamed, 32 * mebibyte),
    row(
      '64 MiB verified (copied): peak growth, the file not counted',
      probe('good', String(moduleBytes)),
      2 * moduleBytes,
    ),
    row('64 MiB damaged: peak growth', probe('damaged', String(moduleBytes)), 2 * moduleBytes),
    row(
      '64 MiB of symbols, names and relocations: peak growth',
      probe('sections', String(moduleBytes)),
      2 * moduleBytes,
    ),
  ];
}
