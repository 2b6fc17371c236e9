import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bench } from './bench.ts';

/** A benchmark file that was found and loaded. */
export interface FoundBench extends Bench {
  readonly file: string;
}

async function load(folder: string, file: string): Promise<FoundBench> {
  const module = (await import(pathToFileURL(join(folder, file)).href)) as Partial<Bench>;
  if (typeof module.name !== 'string' || typeof module.run !== 'function') {
    throw new TypeError(`${file} must export \`name\` and \`run(context)\`; see internal/bench/README.md`);
  }
  return { file, name: module.name, run: module.run };
}

/** Every `*.bench.ts` of a folder whose file name or `name` contains one of the filters; all without a filter. */
export async function discover(folder: string, filters: readonly string[]): Promise<FoundBench[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.bench.ts')).toSorted();
  const benches = await Promise.all(files.map((file) => load(folder, file)));
  if (filters.length === 0) return benches;
  return benches.filter((bench) =>
    filters.some((filter) => bench.file.includes(filter) || bench.name.includes(filter)),
  );
}
