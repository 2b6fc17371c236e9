import type { Blocklist } from '@klpkit/blocklist';
import type { Release } from '@klpkit/release';
import type { RolloutState } from '@klpkit/rollout';
import type { Sql } from '../database/database.ts';
import { loadBlocklist } from './blocklist-store.ts';

/** A release and how far it is. */
export interface PublishedRelease {
  readonly key: string;
  /** Order of publication, rising. */
  readonly seq: number;
  readonly release: Release;
  readonly state: RolloutState;
}

/** All that machines are told, as it was at one moment. */
export interface Snapshot {
  readonly byKey: ReadonlyMap<string, PublishedRelease>;
  /** Newest first, by `kernel arch`. */
  readonly byKernel: ReadonlyMap<string, readonly PublishedRelease[]>;
  readonly blocklist: Blocklist;
}

/**
 * What is published, kept in memory: machines are answered from here and do not touch the database, so that they go on being
 * answered while it is away.
 */
export interface Published {
  current(): Snapshot;
  /** Reads everything again; callers that come while it is read share one further reading. */
  refresh(): Promise<void>;
}

/** Reads what is published. */
export async function openPublished(sql: Sql): Promise<Published> {
  let snapshot = await load(sql);
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const read = async (): Promise<void> => {
    snapshot = await load(sql);
  };
  return {
    current: () => snapshot,
    refresh: () => {
      // A reading that is under way may have begun before the caller's change was committed.
      next ??= (running ?? Promise.resolve())
        .catch(() => undefined)
        .then(() => {
          next = undefined;
          running = read();
          return running;
        });
      return next;
    },
  };
}

/** The key of `byKernel`. */
export function kernelKey(kernel: string, arch: string): string {
  return `${kernel} ${arch}`;
}

async function load(sql: Sql): Promise<Snapshot> {
  const { rows } = await sql.query<{ key: string; seq: number; document: Release; state: RolloutState }>(
    'select key, seq, document, state from releases join rollouts on release = key order by seq desc',
  );
  const releases = rows.map(({ key, seq, document, state }) => ({ key, seq, release: document, state }));
  const byKernel = Map.groupBy(releases, ({ release }) => kernelKey(release.kernel, release.arch));
  return { byKey: new Map(releases.map((one) => [one.key, one])), byKernel, blocklist: await loadBlocklist(sql) };
}
