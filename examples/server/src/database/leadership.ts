import { Client, type ClientConfig } from 'pg';
import type { Logger } from 'pino';

/** One server of all on a database does what must be done once. */
export interface Leadership {
  /** Whether it is this one. */
  isLeader(): boolean;
  /** Gives it up. */
  close(): Promise<void>;
}

interface StandOptions {
  /** Number of the advisory lock. */
  readonly lock: number;
  readonly log: Logger;
  /** This server has just become the leader. */
  readonly onElected: () => void;
}

/** How often a server that does not lead asks whether it may. */
const askIntervalMs = 1_000;

/**
 * Stands for leader: whoever holds an advisory lock on a connection of its own leads. PostgreSQL gives the lock back when that connection
 * ends, however the process does. A leader that has lost its connection may not know yet: what it does must be safe to do twice, here by
 * row locks in its transactions.
 */
export function standForLeader(connection: ClientConfig, options: StandOptions): Leadership {
  let client: Client | undefined;
  let isLeader = false;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let asking: Promise<void> = Promise.resolve();
  const ask = async (): Promise<void> => {
    try {
      client ??= await connect(connection, () => {
        client = undefined;
        isLeader = false;
      });
      const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [options.lock]);
      // Held once more by every query that got it: it is given back with the connection only.
      isLeader = rows[0]?.got === true;
      if (isLeader) options.onElected();
    } catch (error) {
      options.log.debug({ err: error }, 'the election of a leader cannot be asked');
    }
  };
  const round = (): void => {
    if (isClosed) return;
    asking = (isLeader ? Promise.resolve() : ask()).finally(() => {
      if (!isClosed) timer = setTimeout(round, askIntervalMs);
    });
  };
  round();
  return {
    isLeader: () => isLeader,
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await asking;
      isLeader = false;
      await client?.end().catch(() => undefined);
    },
  };
}

async function connect(connection: ClientConfig, onEnd: () => void): Promise<Client> {
  const client = new Client({ ...connection, application_name: 'klpkit-leader', keepAlive: true });
  client.on('error', () => undefined);
  client.on('end', onEnd);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}
