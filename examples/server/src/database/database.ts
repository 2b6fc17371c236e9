import {
  Client,
  type ClientBase,
  type ClientConfig,
  DatabaseError,
  Pool,
  type QueryConfig,
  type QueryResult,
  type QueryResultRow,
  TypeOverrides,
} from 'pg';
import type { Logger } from 'pino';
import { ServerError } from '../errors.ts';
import { type Leadership, standForLeader } from './leadership.ts';

/** How long the database may take. */
export interface AnswerLimit {
  /**
   * Milliseconds for one statement, by default {@link answerWithinMs}. After them the caller gets `DATABASE_UNAVAILABLE` and the connection
   * is given up; the statement may still take effect.
   */
  readonly withinMs?: number;
}

/** How {@link Sql} runs a statement. */
export interface QueryOptions extends AnswerLimit {
  /** Each connection keeps the statement prepared under it: for what runs many times a second, and is always worded the same. */
  readonly name?: string;
}

/** Runs SQL: the pool, or one transaction of it. */
export interface Sql {
  query<Row extends QueryResultRow>(
    text: string,
    values?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<QueryResult<Row>>;
}

/** The server's connections to PostgreSQL. */
export interface Database extends Sql {
  /** Runs `work` in one transaction: commits when it resolves, rolls back when it rejects. The limit is that of each statement. */
  transaction<T>(work: (sql: Sql) => Promise<T>, limit?: AnswerLimit): Promise<T>;
  /** Lends one connection as `pg` makes it, for tools that bring their own SQL; they leave it as it was, and take as long as they need. */
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

/** What somebody waits for is answered within this time: a database that was stopped, or a network that swallows packets, says nothing at all. */
export const answerWithinMs = 10_000;

/** For what nobody waits for and a large table makes long: the tally, the gate, the retention. */
export const workWithinMs = 600_000;

/** Opens the pool. The database need not answer yet: that shows with the first query. */
export function openDatabase(connection: ClientConfig, options: { log: Logger; maxConnections?: number }): Database {
  const shared = {
    ...connection,
    types,
    application_name: 'klpkit-server',
    connectionTimeoutMillis: answerWithinMs,
    // Finds out within seconds that nobody is there any more, also where nothing is asked.
    keepAlive: true,
    keepAliveInitialDelayMillis: answerWithinMs,
  };
  const pool = new Pool({ ...shared, max: options.maxConnections ?? 10 });
  // Those that listen and that lead ask nothing that takes long. One limit for the pool would end migrations.
  const settings = { ...shared, query_timeout: answerWithinMs };
  let isClosing = false;
  pool.on('error', (error) => {
    if (!isClosing) options.log.warn({ err: error }, 'an idle database connection was lost');
  });
  const listener = openListener(settings, options.log);
  return {
    // The limit of `pg` begins with the statement; before that it may wait for a connection.
    query: (text, values, how) =>
      guarded(() => within(how?.withinMs ?? answerWithinMs, pool.query(toQuery(text, values, how)))),
    transaction: (work, limit) => guarded(() => inTransaction(pool, work, limit)),
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

function inTransaction<T>(pool: Pool, work: (sql: Sql) => Promise<T>, limit?: AnswerLimit): Promise<T> {
  return onConnection(pool, async (client) => {
    const query: Sql['query'] = (text, values, how) => client.query(toQuery(text, values, { ...limit, ...how }));
    try {
      await query('begin');
      const result = await work({ query });
      await query('commit');
      return result;
    } catch (error) {
      // Nothing more is heard on a connection that does not answer: with its end PostgreSQL rolls back.
      if (isUnavailable(error)) client.emit('error', error);
      else await query('rollback').catch((failed: Error) => client.emit('error', failed));
      throw error;
    }
  });
}

function toQuery(
  text: string,
  values?: readonly unknown[],
  { name, withinMs = answerWithinMs }: QueryOptions = {},
): QueryConfig {
  const query = { text, values: values as unknown[], query_timeout: withinMs };
  return name === undefined ? query : { ...query, name };
}

const lateMessage = 'Query read timeout';

/** Rejects after the time as `pg` does, whatever becomes of the work. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(lateMessage)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
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
function isUnavailable(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && error instanceof DatabaseError)
    return /^(08|57P|53)/.test(code);
  const isSocketError = typeof code === 'string' && /^E[A-Z]+$/.test(code);
  return isSocketError || error.message === lateMessage || lostMessages.test(error.message);
}

/** What `pg` and its pool give no code. */
const lostMessages =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/;

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
      if (isClosed) return await next.end();
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
