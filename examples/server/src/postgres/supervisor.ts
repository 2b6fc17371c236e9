import { setTimeout as delay } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import type { Logger } from 'pino';
import { ServerError } from '../errors.ts';
import type { Cluster } from './cluster.ts';
import { findLeftBehind } from './cluster.ts';
import type { Postmaster } from './postmaster.ts';
import { startPostmaster } from './postmaster.ts';

interface SupervisorOptions {
  readonly connection: ClientConfig;
  /** How long a database may outlive a server that was killed. */
  readonly orphanGraceMs: number;
  readonly log: Logger;
  readonly signal?: AbortSignal;
}

/** Keeps one database running. */
export interface Supervisor {
  pid(): number;
  guardPid(): number;
  stop(): Promise<void>;
}

/** Number of the advisory lock that says "a klpkit server lives on this data"; held as long as it does. */
const ownerLock = 0x6b6c70;
/** How long one start may take, crash recovery included. */
const startDeadlineMs = 120_000;
const maxBackoffMs = 5_000;

interface Live {
  readonly postmaster: Postmaster;
  /** Holds the owner's lock. */
  readonly owner: Client;
}

/** Starts the database and starts it again whenever it ends without having been told to. */
export async function supervise(cluster: Cluster, options: SupervisorOptions): Promise<Supervisor> {
  const stopping = new AbortController();
  let live = await startUntilReady(cluster, options);
  const restarts = (async () => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const how = await live.postmaster.ended;
      if (stopping.signal.aborted) return;
      options.log.error({ how }, 'the database ended by itself, starting it again');
      await live.owner.end().catch(() => undefined);
      try {
        live = await startUntilReady(cluster, { ...options, signal: stopping.signal });
        failures = 0;
        options.log.info('the database is back');
      } catch (error) {
        if (stopping.signal.aborted) return;
        failures += 1;
        options.log.error({ err: error }, 'the database does not come back, trying on');
        await delay(Math.min(maxBackoffMs, 100 * 2 ** failures), undefined, { signal: stopping.signal }).catch(
          () => undefined,
        );
      }
    }
  })();
  return {
    pid: () => live.postmaster.pid,
    guardPid: () => live.postmaster.guardPid,
    stop: async () => {
      stopping.abort();
      await live.owner.end().catch(() => undefined);
      await live.postmaster.stop();
      await restarts;
    },
  };
}

/**
 * Stops a database that a killed server left running on this data. One that still has its server is left alone.
 *
 * @throws ServerError `STATE_DIR_IN_USE`
 */
export async function takeOver(cluster: Cluster, options: Omit<SupervisorOptions, 'orphanGraceMs'>): Promise<void> {
  const left = await findLeftBehind(cluster);
  if (left === undefined) return;
  const owner = await connectOwner({ ...options.connection, host: left.socketDir }).catch(() => undefined);
  if (owner === 'in-use') {
    throw new ServerError(
      'STATE_DIR_IN_USE',
      `Another server (its database is process ${left.pid}) uses this state folder. Stop it first, or give this one a stateDir of its own.`,
    );
  }
  await owner?.end();
  options.log.warn({ pid: left.pid }, 'stopping the database of a server that was killed');
  process.kill(left.pid, 'SIGINT');
  const deadline = AbortSignal.timeout(startDeadlineMs);
  while ((await findLeftBehind(cluster)) !== undefined) {
    if (deadline.aborted)
      throw new ServerError('POSTGRES_FAILED', `Process ${left.pid} does not end. Stop it by hand.`);
    await delay(50, undefined, options);
  }
}

async function startUntilReady(cluster: Cluster, options: SupervisorOptions): Promise<Live> {
  const deadline = AbortSignal.timeout(startDeadlineMs);
  for (let attempt = 0; ; attempt += 1) {
    options.signal?.throwIfAborted();
    const postmaster = startPostmaster(cluster, options);
    const owner = await waitUntilReady(postmaster, options, deadline).catch(async (error: unknown) => {
      await postmaster.stop();
      throw error;
    });
    if (owner !== undefined) return { postmaster, owner };
    // After a kill -9 of the main process its children need a moment to notice; until then their shared memory forbids a start.
    const isWaiting = postmaster.complaints().some((line) => /shared memory block|lock file/.test(line));
    if (deadline.aborted || !isWaiting) {
      const why = postmaster.complaints().at(-1) ?? (await postmaster.ended);
      throw new ServerError(
        'POSTGRES_FAILED',
        `The embedded database does not start: ${why}. Its folder is ${cluster.dataDir}; DATABASE_URL names another one.`,
      );
    }
    await delay(
      Math.min(1000, 50 * 2 ** attempt),
      undefined,
      options.signal === undefined ? {} : { signal: options.signal },
    );
    await findLeftBehind(cluster);
  }
}

/** Resolves to the owner's connection, or to nothing when the process ended first. */
async function waitUntilReady(
  postmaster: Postmaster,
  options: SupervisorOptions,
  deadline: AbortSignal,
): Promise<Client | undefined> {
  for (;;) {
    const owner = await connectOwner(options.connection).catch(refuseWrongPassword);
    if (owner instanceof Client) return owner;
    if (owner === 'in-use')
      throw new ServerError(
        'STATE_DIR_IN_USE',
        'Another server took the database. Give this one a stateDir of its own.',
      );
    if (!postmaster.isRunning()) return undefined;
    if (deadline.aborted)
      throw new ServerError(
        'POSTGRES_FAILED',
        `The embedded database took more than ${startDeadlineMs / 1000} s to start. Look at its log lines.`,
      );
    await delay(25, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

/** Every other failure means that it is not up yet. */
function refuseWrongPassword(error: unknown): undefined {
  const invalidPassword = '28P01';
  if ((error as { code?: unknown }).code !== invalidPassword) return undefined;
  throw new ServerError(
    'POSTGRES_FAILED',
    'The embedded database does not take the password in secrets/database-password. Put the old file back, or move the folder postgres away to begin with an empty database.',
  );
}

async function connectOwner(connection: ClientConfig): Promise<Client | 'in-use'> {
  const client = new Client({ ...connection, application_name: 'klpkit-owner', connectionTimeoutMillis: 5_000 });
  // A lost connection shows in the process's end; without a listener it would end this program.
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [ownerLock]);
  if (rows[0]?.held === true) return client;
  await client.end();
  return 'in-use';
}
