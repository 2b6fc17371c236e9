import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { ServerError } from '../errors.ts';

const connectTimeoutMs = 10_000;
const reconnectWaitMs = 500;

/**
 * Connects to NATS: one URL or several of one cluster, separated by commas; user and password stand in the first. Comes back by itself, for
 * ever, on whichever server of the cluster answers.
 *
 * @throws ServerError `QUEUE_UNAVAILABLE`
 */
export async function connectNats(url: string, log: Logger): Promise<NatsConnection> {
  const urls = url.split(',').map((one) => new URL(one));
  const options: ConnectionOptions = {
    servers: urls.map(({ host }) => host),
    name: 'klpkit-server',
    timeout: connectTimeoutMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: reconnectWaitMs,
    ...loginOf(urls[0]),
    ...(urls.some(({ protocol }) => protocol === 'tls:') ? { tls: {} } : {}),
  };
  try {
    const connection = await connect(options);
    void tell(connection, log);
    return connection;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const hosts = urls.map(({ host }) => host).join(', ');
    throw new ServerError('QUEUE_UNAVAILABLE', `NATS at ${hosts} cannot be reached (${why}). Look whether it runs.`, {
      cause,
    });
  }
}

function loginOf(url: URL | undefined): Pick<ConnectionOptions, 'user' | 'pass' | 'token'> {
  if (url === undefined || url.username === '') return {};
  const user = decodeURIComponent(url.username);
  return url.password === '' ? { token: user } : { user, pass: decodeURIComponent(url.password) };
}

async function tell(connection: NatsConnection, log: Logger): Promise<void> {
  for await (const { type } of connection.status())
    if (type === 'disconnect' || type === 'reconnect') log.warn({ type }, 'the connection to NATS changed');
}
