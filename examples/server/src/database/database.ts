import {
  Client,
  type ClientBase,
  type ClientConfig,
  DatabaseError,
  Pool,
  type QueryResult,
  type QueryResultRow,
  TypeOverrides,
} from 'pg';
import type { Logger } from 'pino';
import { ServerError } from '../errors.ts';
import { type Leadership, standForLeader } from './leadership.ts';

/** Runs SQL: the pool, or one transaction of it. */
export interface Sql {
  /** With a `name` each connection keeps the statement prepared: for what runs many times a second, and is always worded the same. */
  query<Row extends QueryResultRow>(
    text: string,
    values?: readonly unknown[],
    options?: { readonly name: string },
  ): Promise<QueryResult<Row>>;
}

/** The server's connections to PostgreSQL. */
export interface Database extends Sql {
  /** Runs `work` in one transaction: commits when it resolves, rolls back when it rejects. */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Lends one connection as `pg` makes it, for tools that bring their own SQL; they leave it as it was. */
  lend<T>(work: (client: ClientBase) => Promise<T>): Promise<T>;
  /**
   * Calls back with the payload whenever any server process notified the channel, and without one after each connection: some notices may
   * have been missed before it.
   */
  listen(channel: string, onNotice: OnNotice): void;
  /** Stands for leader among all servers on this database, see {@link standForLeader}. */
  lead(lock: number, onElected: () => void): Leadership;
  close(): Promise<void>;
}

/** Hears the payload of a notice, or `undefined` where notices may have been missed. */
export type OnNotice = (payload: string | undefined) => void;

/** int8 is epoch milliseconds and counts, all below 2^53. */
const int8Oid = 20;
const types = new TypeOverrides();
types.setTypeParser(int8Oid, Number);

/** Opens the pool. The database need not answer yet: that shows with the first query. */
export function openDatabase(connection: ClientConfig, options: { log: Logger; maxConnections?: number }): Database {
  const settings = { ...connection, types, application_name: 'klpkit-server' };
  const pool = new Pool({ ...settings, max: options.maxConnections ?? 10, connectionTimeoutMillis: 10_000 });
  let isClosing = false;
  pool.on('error', (error) => {
    if (!isClosing) options.log.warn({ err: error }, 'an idle database connection was lost');
  });
  const listener = openListener(settings, options.log);
  return {
    query: (text, values, named) => guarded(() => pool.query({ text, values: values as unknown[], ...named })),
    transaction: (work) => guarded(() => inTransaction(pool, work)),
    lend: (work) => guarded(() => onConnection(pool, work)),
    listen: (channel, onNotice) => listener.add(channel, onNotice),
    lead: (lock, onElected) => standForLeader(settings, { lock, onElected, log: options.log }),
    close: async () => {
      isClosing = true;
      await listener.close();
      await pool.end();
    },
  };
}

async function onConnection<T>(pool: Pool, work: (client: ClientBase) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // Without a listener a connection that dies in between would end this program.
  const onError = (error: Error): void => {
    broken = error;
  };
  client.on('error', onError);
  try {
    return await work(client);
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

function inTransaction<T>(pool: Pool, work: (sql: Sql) => Promise<T>): Promise<T> {
  return onConnection(pool, async (client) => {
    try {
      await client.query('begin');
      const query: Sql['query'] = (text, values, named) =>
        client.query({ text, values: values as unknown[], ...named });
      const result = await work({ query });
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback').catch((failed: Error) => client.emit('error', failed));
      throw error;
    }
  });
}

/** Turns a lost or refused connection into a code, here and nowhere else. */
async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    throw new ServerError('DATABASE_UNAVAILABLE', 'The database does not answer. Send this again in a few seconds.', {
      cause: error,
    });
  }
}

/** Classes 08 (connection), 57P (operator intervention) and 53 (no resources), and whatever has no SQLSTATE but came from the socket. */
function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && error instanceof DatabaseError)
    return /^(08|57P|53)/.test(code);
  const isSocketError = typeof code === 'string' && /^E[A-Z]+$/.test(code);
  return (
    isSocketError ||
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/.test(
      error.message,
    )
  );
}

interface Listener {
  add(channel: string, onNotice: OnNotice): void;
  close(): Promise<void>;
}

const reconnectMs = 500;

/** One connection of its own that listens, and comes back by itself. */
function openListener(settings: ClientConfig, log: Logger): Listener {
  const callbacks = new Map<string, OnNotice>();
  let client: Client | undefined;
  let isClosed = false;
  let retry: NodeJS.Timeout | undefined;
  const connect = async (): Promise<void> => {
    if (isClosed) return;
    const next = new Client({ ...settings, application_name: 'klpkit-listener' });
    next.on('error', () => undefined);
    next.on('end', () => {
      client = undefined;
      if (!isClosed) retry = setTimeout(() => void connect(), reconnectMs);
    });
    next.on('notification', ({ channel, payload }) => callbacks.get(channel)?.(payload ?? ''));
    try {
      await next.connect();
      client = next;
      for (const channel of callbacks.keys()) await next.query(`listen ${channel}`);
      for (const onNotice of callbacks.values()) onNotice(undefined);
    } catch (error) {
      log.debug({ err: error }, 'the listening connection does not come up');
      await next.end().catch(() => undefined);
    }
  };
  return {
    add: (channel, onNotice) => {
      if (!/^[a-z_]+$/.test(channel)) throw new TypeError(`not a channel: ${channel}`);
      callbacks.set(channel, onNotice);
      if (callbacks.size === 1) void connect();
      else void client?.query(`listen ${channel}`).catch(() => undefined);
    },
    close: async () => {
      isClosed = true;
      clearTimeout(retry);
      await client?.end().catch(() => undefined);
    },
  };
}
