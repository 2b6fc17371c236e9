import { readFile } from 'node:fs/promises';
import type { BenchRow } from './bench.ts';
import type { MachineFacts } from './machine.ts';

/** The rows of one benchmark file. `error` is set where it broke off. */
export interface BenchSection {
  readonly name: string;
  readonly file: string;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly rows: readonly BenchRow[];
  readonly error?: string;
}

/** Everything one run found out, as it is written to results.json. */
export interface BenchReport {
  readonly machine: MachineFacts;
  readonly sections: readonly BenchSection[];
}

/** The report of an earlier run; `undefined` where there is none. */
export async function readReport(file: URL): Promise<BenchReport | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as BenchReport;
  } catch {
    return undefined;
  }
}

/** Replaces the sections that were measured anew. Numbers of another machine are dropped, not mixed in. */
export function mergeReports(old: BenchReport | undefined, fresh: BenchReport): BenchReport {
  if (old === undefined || JSON.stringify(old.machine) !== JSON.stringify(fresh.machine)) return fresh;
  const kept = old.sections.filter((section) => fresh.sections.every((other) => other.file !== section.file));
  return { ...fresh, sections: [...kept, ...fresh.sections].toSorted((a, b) => a.file.localeCompare(b.file)) };
}
