import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { ServerConfig } from './config.ts';
import { ServerError } from './errors.ts';

/** Every setting has a flag and an environment variable; the flag wins. A file (JSON) holds what has more than one part. */
const settings = {
  'state-dir': {
    env: 'KLPKIT_STATE_DIR',
    help: 'folder of certificates, payloads and the embedded database (required)',
  },
  trust: {
    env: 'KLPKIT_TRUST',
    help: 'files with trusted payload certificates, PEM or DER, separated by commas (required)',
  },
  host: { env: 'KLPKIT_HOST', help: 'address to listen on (127.0.0.1)' },
  port: { env: 'KLPKIT_PORT', help: 'port to listen on (8443)' },
  names: { env: 'KLPKIT_NAMES', help: 'further host names and addresses for the certificate, separated by commas' },
  'postgres-uid': { env: 'KLPKIT_POSTGRES_UID', help: 'uid of the embedded database where the server is root (65534)' },
  'ping-auth': { env: 'KLPKIT_PING_AUTH', help: 'none or token (none)' },
  'retention-days': { env: 'KLPKIT_RETENTION_DAYS', help: 'how long single pings are kept (90)' },
  'log-level': { env: 'KLPKIT_LOG_LEVEL', help: 'fatal, error, warn, info, debug, trace or silent (info)' },
  repository: { env: 'KLPKIT_REPOSITORY', help: 'folder of a TUF repository to sign and serve (klpkit repo init)' },
  'repository-keys': { env: 'KLPKIT_REPOSITORY_KEYS', help: 'folder of its online keys' },
  config: { env: 'KLPKIT_CONFIG', help: 'JSON file with plan, gate, limits, tls: the fields of ServerConfig' },
} as const;
type Setting = keyof typeof settings;

/** What `--help` prints. */
export const usage = `Usage: node src/main.ts [--FLAG VALUE]…

${Object.entries(settings)
  .map(([flag, { env, help }]) => `  --${flag.padEnd(16)} ${env.padEnd(22)} ${help}`)
  .join('\n')}

In the environment only, because a command line can be read by every user of the machine:
  DATABASE_URL            a PostgreSQL of your own (15 or newer) instead of the embedded one
  NATS_URL                NATS with JetStream, in which pings wait for the database (nats://user:password@host:4222,…)
  KLPKIT_ADMIN_TOKEN      the first administrator's token (made and shown once without it)
`;

/**
 * Reads the configuration from flags, environment and file.
 *
 * @throws ServerError `CONFIG_INVALID`
 */
export async function configFromEnvironment(env: NodeJS.ProcessEnv, args: readonly string[]): Promise<ServerConfig> {
  const flags = parseFlags(args);
  const value = (setting: Setting): string | undefined => flags[setting] ?? (env[settings[setting].env] || undefined);
  const list = (setting: Setting): string[] => (value(setting) ?? '').split(',').filter((part) => part !== '');
  const file = value('config') === undefined ? {} : await readJson(value('config') ?? '');
  const tls = (file.tls ?? {}) as NonNullable<ServerConfig['tls']>;
  const given = {
    stateDir: value('state-dir'),
    trustCertificates: await Promise.all(list('trust').map(readCertificate)),
    host: value('host'),
    port: toNumber(value('port')),
    databaseUrl: env.DATABASE_URL || undefined,
    postgresUid: toNumber(value('postgres-uid')),
    queue: env.NATS_URL ? { ...(file.queue as object | undefined), url: env.NATS_URL } : undefined,
    repository: repositoryOf(value('repository'), value('repository-keys')),
    adminToken: env.KLPKIT_ADMIN_TOKEN || undefined,
    pingAuth: value('ping-auth'),
    retentionDays: toNumber(value('retention-days')),
    logLevel: value('log-level'),
    tls: { ...tls, names: [...(tls.names ?? []), ...list('names')] },
  };
  const present = Object.entries(given).filter(([, one]) => one !== undefined);
  // Checked in full by startServer: there is one schema.
  return { ...file, ...Object.fromEntries(present) } as unknown as ServerConfig;
}

function parseFlags(args: readonly string[]): Partial<Record<Setting, string>> {
  const options = Object.fromEntries(Object.keys(settings).map((flag) => [flag, { type: 'string' as const }]));
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ServerError('CONFIG_INVALID', `The command line cannot be used (${why}). --help lists the flags.`, {
      cause,
    });
  }
}

function repositoryOf(folder: string | undefined, keys: string | undefined): object | undefined {
  return folder === undefined && keys === undefined ? undefined : { folder, keys };
}

function toNumber(text: string | undefined): number | undefined {
  // NaN is refused by the schema, with the name of the setting.
  return text === undefined ? undefined : /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

async function readCertificate(path: string): Promise<string | Uint8Array> {
  const bytes = await read(path);
  const text = bytes.toString('latin1');
  return text.includes('-----BEGIN') ? text : new Uint8Array(bytes);
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  const text = (await read(path)).toString('utf8');
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new ServerError('CONFIG_INVALID', `${path} is not JSON (${String(cause)}). Correct it and start again.`, {
      cause,
    });
  }
}

async function read(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw new ServerError(
      'CONFIG_INVALID',
      `${path} cannot be read (${String(cause)}). Name a file that this user may read.`,
      { cause },
    );
  });
}
