import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Incident, scanKernelText } from '@klpkit/kernel-log';
import { sharedDir } from '@klpkit-internal/testkit';
import type { BenchRow } from './bench.ts';

interface Report {
  readonly title?: string;
  readonly type?: string;
  readonly log: string;
}

/** The fuzzer's own domain: its restarts, and leaks found by a scan of all memory. */
const outOfScope = new Set(['SYZ_FAILURE', 'REBOOT', 'LEAK']);

/** Scores the scanner on real crash reports and on what is harmless; one row that says so where they are not on the machine. */
export async function scoreCorpus(): Promise<BenchRow[]> {
  const shared = sharedDir();
  if (shared === undefined) return [row('corpus of crash reports: not on this machine, not scored', 0, null)];
  const reports = read(shared, 'syzkaller.jsonl').filter((report) => !outOfScope.has(report.type ?? ''));
  const titled = reports.filter((report) => report.title !== '');
  const quiet = [...reports.filter((report) => report.title === ''), ...read(shared, 'benign.jsonl')];
  const found = await Promise.all(titled.map(firstIncident));
  const flagged = await Promise.all(quiet.map(firstIncident));
  const equal = titled.filter((report, index) => found[index]?.title === report.title?.replace(/ in corrupted$/, ''));
  return [
    row(`reports with an incident, of ${titled.length} that have a title`, known(found), titled.length),
    row(`logs flagged, of ${quiet.length} that are harmless`, known(flagged), 0),
    row(`titles equal to the corpus, of ${titled.length} (" in corrupted" left out)`, equal.length, null),
  ];
}

function read(shared: string, file: string): Report[] {
  const lines = readFileSync(join(shared, 'corpus', file), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line) as Report);
}

async function firstIncident(report: Report): Promise<Incident | undefined> {
  for await (const incident of scanKernelText([report.log])) return incident;
  return undefined;
}

function known(incidents: readonly (Incident | undefined)[]): number {
  return incidents.filter((incident) => incident !== undefined).length;
}

function row(what: string, ours: number, wanted: number | null): BenchRow {
  const target = wanted === null ? null : `${wanted}`;
  return { what, ours, peer: null, ratio: null, unit: '', target, ok: wanted === null || ours === wanted };
}
