import {
  type BlockAction,
  type BlockEntry,
  type BlockEvidence,
  type Blocklist,
  block,
  emptyBlocklist,
  isBlocklistError,
  type LiftedEntry,
  lift,
  parseBlocklist,
} from '@klpkit/blocklist';
import type { Release } from '@klpkit/release';
import { appendAudit } from '../database/audit.ts';
import type { Database, Sql } from '../database/database.ts';
import { plainMessage, ServerError } from '../errors.ts';

/** The blocklist as stored. It is refreshed whenever it is used, so that only its entries matter here. */
export async function loadBlocklist(sql: Sql): Promise<Blocklist> {
  const { rows } = await sql.query<{ document: unknown }>('select document from blocklist');
  return parseBlocklist(rows[0]?.document);
}

/** Makes the first, empty list, unless there is one. */
export async function ensureBlocklist(database: Database, now: number): Promise<void> {
  await database.query('insert into blocklist (document) values ($1) on conflict do nothing', [
    JSON.stringify(emptyBlocklist(now)),
  ]);
}

/** Who changes the list, when, and why. */
export interface ListChange {
  /** As in the audit rows. */
  readonly actor: string;
  /** Epoch ms. */
  readonly now: number;
  /** What a person wrote, for the audit row alone. */
  readonly note?: string | undefined;
}

/** Puts a release on the list, its payload's digest with it: the same bytes under another name are the same fault. */
export async function blockRelease(
  sql: Sql,
  entry: {
    release: string;
    action: BlockAction;
    reason: string;
    evidence?: BlockEvidence;
    kernels?: BlockEntry['kernels'];
  },
  change: ListChange,
): Promise<Blocklist> {
  const { rows } = await sql.query<{ document: Release }>('select document from releases where key = $1', [
    entry.release,
  ]);
  const sha256 = rows[0]?.document.sha256 ?? null;
  return addEntry(sql, { kernels: '*', ...entry, sha256, since: change.now }, change);
}

/** Adds an entry. */
export function addEntry(sql: Sql, entry: BlockEntry, change: ListChange): Promise<Blocklist> {
  return edit(sql, { ...change, action: 'block', release: entry.release, detail: { entry } }, (list) =>
    block(list, entry, change.now),
  );
}

/** Takes an entry back, with a record of why. */
export function liftEntry(sql: Sql, lifted: LiftedEntry, change: ListChange): Promise<Blocklist> {
  return edit(sql, { ...change, action: 'lift', release: lifted.release, detail: { lifted } }, (list) =>
    lift(list, lifted, change.now),
  );
}

/** Whether an entry names this release. */
export async function isBlocked(sql: Sql, release: string): Promise<boolean> {
  return (await loadBlocklist(sql)).entries.some((entry) => entry.release === release);
}

interface Edit extends ListChange {
  readonly action: 'block' | 'lift';
  readonly release: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

async function edit(sql: Sql, what: Edit, change: (list: Blocklist) => Blocklist): Promise<Blocklist> {
  const { rows } = await sql.query<{ document: unknown }>('select document from blocklist for update');
  const next = guard(() => change(parseBlocklist(rows[0]?.document)));
  await sql.query('update blocklist set document = $1', [JSON.stringify(next)]);
  const note = what.note === undefined ? {} : { note: what.note };
  const detail = { ...what.detail, ...note, version: next.version };
  await appendAudit(sql, {
    at: what.now,
    actor: what.actor,
    action: `blocklist-${what.action}`,
    release: what.release,
    detail,
  });
  return next;
}

function guard(run: () => Blocklist): Blocklist {
  try {
    return run();
  } catch (error) {
    if (isBlocklistError(error)) throw new ServerError('BLOCK_ENTRY_MALFORMED', plainMessage(error), { cause: error });
    throw error;
  }
}
