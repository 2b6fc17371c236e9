import type { Sql } from '../database/database.ts';
import type { LoggedPing } from '../ingest/fold.ts';
import { type Sum, sumWithin } from './sum-within.ts';
import { listOf, textOf } from './ping-detail.ts';

/** Different failures of one release that are kept apart. */
const maxFailures = 300;
/** The title of those above it. */
export const otherFailures = '(others)';

interface Failure {
  readonly release: string;
  readonly tier: string;
  readonly kernel: string;
  readonly arch: string;
  readonly cpu: string;
  readonly phase: string;
  readonly code: string;
  readonly title: string;
  readonly trace: readonly string[];
  readonly at: number;
}

const keyOf = ({ release, title, code, phase, tier, kernel, arch, cpu }: Omit<Failure, 'at' | 'trace'>): string =>
  JSON.stringify([release, title, code, phase, tier, kernel, arch, cpu]);

/** Counts what error pings say went wrong, so that a page need not read the log. Called by the tally in its transaction, of which there is one at a time. */
export async function countFailures(sql: Sql, pings: readonly LoggedPing[]): Promise<void> {
  const failures = pings.flatMap(failureOf);
  if (failures.length === 0) return;
  const { rows: known } = await sql.query<Omit<Failure, 'at'>>(
    'select release, title, code, phase, tier, kernel, arch, cpu from failure_counts where release = any($1::text[])',
    [[...new Set(failures.map(({ release }) => release))]],
  );
  const other = (one: Failure): Failure => ({ ...one, cpu: '', phase: '', code: '', title: otherFailures, trace: [] });
  await write(sql, sumWithin(failures, { keyOf, known, max: maxFailures, other }));
}

function failureOf({ kind, release, tier, kernel, arch, detail, received_at: at }: LoggedPing): Failure[] {
  if (kind !== 'error' || release === null) return [];
  const [incident] = listOf(detail['incidents']) as readonly { title?: unknown; trace?: unknown }[];
  const tasks = listOf(detail['stalledTasks']).map((task) => `still in the old code: ${textOf(task)}`);
  const said = {
    cpu: textOf(detail['cpuFamily']),
    phase: textOf(detail['phase']),
    code: textOf(detail['code']),
    title: textOf(incident?.title ?? detail['kernelLine']),
    trace: [...listOf(incident?.trace).map(textOf), ...tasks],
  };
  return [{ release, tier, kernel, arch, ...said, at }];
}

async function write(sql: Sql, sums: readonly Sum<Failure>[]): Promise<void> {
  const column = (of: (sum: Sum<Failure>) => unknown): unknown[] => sums.map((sum) => of(sum));
  await sql.query(
    `insert into failure_counts as f (release, tier, kernel, arch, cpu, phase, code, title, failures, trace, first_at, last_at)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::bigint[], $10::jsonb[], $11::bigint[], $12::bigint[])
     on conflict (release, title, code, phase, tier, kernel, arch, cpu)
     do update set failures = f.failures + excluded.failures, last_at = greatest(f.last_at, excluded.last_at)`,
    [
      column(({ first }) => first.release),
      column(({ first }) => first.tier),
      column(({ first }) => first.kernel),
      column(({ first }) => first.arch),
      column(({ first }) => first.cpu),
      column(({ first }) => first.phase),
      column(({ first }) => first.code),
      column(({ first }) => first.title),
      column(({ count }) => count),
      column(({ first }) => JSON.stringify(first.trace)),
      column(({ first }) => first.at),
      column(({ lastAt }) => lastAt),
    ],
  );
}
