import { type Database, workWithinMs } from '../database/database.ts';

const dayMs = 86_400_000;
/** Days on both sides of today that have a partition: machines send what they kept, and clocks run ahead. */
const daysBehind = 7;
const daysAhead = 2;
const limit = { withinMs: workWithinMs };

/** How long pings are kept. */
export interface Retention {
  readonly retentionDays: number;
  readonly now: number;
}

/**
 * Makes the partitions of the coming days and drops those that are older than the retention. Counts and outcomes stay: they are
 * tables of their own. Returns the names of what was dropped.
 */
export async function keepPartitions(database: Database, options: Retention): Promise<readonly string[]> {
  const today = Math.floor(options.now / dayMs);
  const present = await partitionDays(database);
  for (let day = today - daysBehind; day <= today + daysAhead; day += 1) {
    if (!present.has(day)) await addPartition(database, day);
  }
  const expired = [...present].filter((day) => day < today - options.retentionDays);
  for (const day of expired) await database.query(`drop table if exists ${nameOf(day)}`, [], limit);
  const oldest = options.now - options.retentionDays * dayMs;
  await database.query('delete from pings_other where received_at < $1', [oldest], limit);
  await database.query(
    'delete from attempts where first_seen_at < $1 and (outcome is not null or not is_counted)',
    [oldest],
    limit,
  );
  return expired.map(nameOf);
}

/** Rows of a day that had no partition lie in the default one and forbid to make it now: the day then stays there, which only costs speed. */
async function addPartition(database: Database, day: number): Promise<void> {
  const range = `for values from (${day * dayMs}) to (${(day + 1) * dayMs})`;
  try {
    await database.query(`create table if not exists ${nameOf(day)} partition of pings ${range}`, [], limit);
  } catch (error) {
    const checkViolation = '23514';
    if ((error as { code?: string }).code !== checkViolation) throw error;
  }
}

async function partitionDays(database: Database): Promise<Set<number>> {
  const { rows } = await database.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'pings'::regclass`,
  );
  const days = rows.map(({ name }) => /^pings_(\d{4})(\d\d)(\d\d)$/.exec(name)).filter((match) => match !== null);
  return new Set(
    days.map(([, year, month, date]) => Math.floor(Date.UTC(Number(year), Number(month) - 1, Number(date)) / dayMs)),
  );
}

function nameOf(day: number): string {
  return `pings_${new Date(day * dayMs).toISOString().slice(0, 10).replaceAll('-', '')}`;
}
