import { isIPv6 } from 'node:net';
import type { Server } from 'node:tls';
import { isVerifyError, parseTrust, type Trust } from '@klpkit/payload';
import type { FastifyInstance } from 'fastify';
import type { ClientConfig } from 'pg';
import { type DestinationStream, type Logger, pino } from 'pino';
import { ensureAdmin } from './access/first-admin.ts';
import { type Closers, createClosers } from './closers.ts';
import type { RunningServer, ServerConfig } from './config.ts';
import { type Database, openDatabase } from './database/database.ts';
import { migrate } from './database/migrate.ts';
import { ServerError } from './errors.ts';
import { createApp } from './http/app.ts';
import { keepPartitions } from './ingest/partitions.ts';
import { startEmbeddedPostgres } from './postgres/embedded.ts';
import { ensureBlocklist } from './publish/blocklist-store.ts';
import { type ResolvedConfig, resolveConfig } from './resolve-config.ts';
import { createServices } from './create-services.ts';
import type { Services } from './services.ts';
import { databasePassword, openStateDir, type StateDir } from './state-dir.ts';
import { type CertificateKeeper, openCertificates } from './tls/keeper.ts';

/** What is not configuration. */
export interface StartOptions {
  /** Stops a start that is under way. */
  readonly signal?: AbortSignal;
  /** Where log lines go, by default to stdout. */
  readonly logTo?: DestinationStream;
}

const partitionIntervalMs = 3_600_000;
/** What is under way when the server stops may take so long to end. */
const closeGraceMs = 10_000;

/**
 * Starts the server: certificate, database, tables, HTTP.
 *
 * @throws ServerError when the configuration, the state folder or the database do not allow it; the message says what to change.
 * Whatever was begun until then has ended again.
 * @example
 * ```ts
 * import { startServer } from '@klpkit-examples/server';
 *
 * export async function runOnce(certificate: string): Promise<void> {
 *   const server = await startServer({ stateDir: '/var/lib/klpkit-server', trustCertificates: [certificate], port: 0 });
 *   await server.close();
 * }
 * ```
 */
export async function startServer(config: ServerConfig, options: StartOptions = {}): Promise<RunningServer> {
  options.signal?.throwIfAborted();
  const resolved = resolveConfig(config);
  const log = createLog(resolved, options);
  const closers = createClosers();
  try {
    return await open(resolved, { log, closers, ...options });
  } catch (error) {
    await closers.closeAll().catch((failed: unknown) => log.warn({ err: failed }, 'not everything could be closed'));
    throw error;
  }
}

function createLog(config: ResolvedConfig, options: StartOptions): Logger {
  const settings = {
    name: 'klpkit-server',
    level: config.logLevel,
    redact: ['req.headers', 'headers', 'token', 'password'],
  };
  return options.logTo === undefined ? pino(settings) : pino(settings, options.logTo);
}

interface Opening extends StartOptions {
  readonly log: Logger;
  readonly closers: Closers;
}

async function open(config: ResolvedConfig, opening: Opening): Promise<RunningServer> {
  const { log, closers } = opening;
  const trust = await readTrust(config);
  const state = await openStateDir(config.stateDir);
  // Whatever clock the server is given: clients check a certificate by the world's.
  const certificates = await openCertificates(state.secrets, { tls: config.tls, clock: Date.now, log });
  const database = await connect(config, { ...opening, state });
  await prepareDatabase(database, { config, log });
  const adminToken = await ensureAdmin(database, { given: config.adminToken, now: config.clock() });
  const services = await createServices({ config, log, database, trust, state, closers });
  if (services.queue !== undefined) services.metrics.watchQueue(services.queue);
  opening.signal?.throwIfAborted();
  const app = await createApp(services, certificates.current());
  closers.add(() => closeApp(app));
  every(config.tls.checkIntervalMs, { closers, log, run: () => renewCertificate(certificates, { app, services }) });
  every(partitionIntervalMs, { closers, log, run: () => dropOldPings(database, config) });
  services.metrics.setCertificateEnd(certificates.endsAt());
  // The database may have needed long to recover.
  await renewCertificate(certificates, { app, services });
  const url = await listen(app, config);
  log.info({ url }, 'the server answers');
  return { url, certificate: certificates.authority, adminToken, close: () => closers.closeAll() };
}

async function readTrust(config: ResolvedConfig): Promise<Trust> {
  try {
    return await parseTrust({ certificates: config.trustCertificates });
  } catch (cause) {
    if (!isVerifyError(cause)) throw cause;
    throw new ServerError(
      'CONFIG_INVALID',
      `A trusted certificate cannot be read: ${cause.message} Name PEM or DER certificates.`,
      { cause },
    );
  }
}

async function connect(
  config: ResolvedConfig,
  { log, closers, state, signal }: Opening & { state: StateDir },
): Promise<Database> {
  let connection: ClientConfig = { connectionString: config.databaseUrl };
  if (config.databaseUrl === undefined) {
    const settings = { password: await databasePassword(state.secrets), uid: config.postgresUid, log };
    const embedded = await startEmbeddedPostgres(
      state.postgres,
      signal === undefined ? settings : { ...settings, signal },
    );
    closers.add(() => embedded.close());
    connection = embedded.connection;
    log.info({ pid: embedded.pid() }, 'the embedded database runs');
  }
  const database = openDatabase(connection, { log });
  closers.add(() => database.close());
  return database;
}

async function prepareDatabase(
  database: Database,
  { config, log }: { config: ResolvedConfig; log: Logger },
): Promise<void> {
  const now = config.clock();
  const applied = await migrate(database, { log });
  if (applied.length > 0) log.info({ applied }, 'the tables were brought up to date');
  await ensureBlocklist(database, now);
  await dropOldPings(database, config);
}

async function dropOldPings(database: Database, config: ResolvedConfig): Promise<void> {
  await keepPartitions(database, { retentionDays: config.retentionDays, now: config.clock() });
}

async function renewCertificate(
  certificates: CertificateKeeper,
  { app, services }: { app: FastifyInstance; services: Services },
): Promise<void> {
  if (!(await certificates.renewIfDue())) return;
  const { clientAuthority } = services.config.tls;
  // New connections get the new certificate; those that are open go on.
  (app.server as unknown as Server).setSecureContext({
    ...certificates.current(),
    ...(clientAuthority === undefined ? {} : { ca: clientAuthority }),
    minVersion: 'TLSv1.2',
  });
  services.metrics.setCertificateEnd(certificates.endsAt());
}

function every(
  intervalMs: number,
  { run, closers, log }: { run: () => Promise<void>; closers: Closers; log: Logger },
): void {
  // setInterval cannot count further than 2^31 - 1 ms.
  const timer = setInterval(
    () => void run().catch((error: unknown) => log.error({ err: error }, 'a periodic task failed')),
    Math.min(intervalMs, 2_147_483_647),
  );
  closers.add(() => clearInterval(timer));
}

async function listen(app: FastifyInstance, { host, port }: ResolvedConfig): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ServerError(
      'LISTEN_FAILED',
      `The server cannot listen on ${host} port ${port} (${why}). Stop what listens there, or choose another host and port.`,
      { cause },
    );
  }
  const address = app.server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `https://${isIPv6(name) ? `[${name}]` : name}:${bound}`;
}

async function closeApp(app: FastifyInstance): Promise<void> {
  const force = setTimeout(() => app.server.closeAllConnections(), closeGraceMs);
  await app.close().finally(() => clearTimeout(force));
}
