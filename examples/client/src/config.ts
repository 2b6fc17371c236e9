import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { forceAcceptance } from '@klpkit/kernel';
import * as z from 'zod';
import { defaultSchedule, type Schedule } from '@klpkit/agent';
import { ConfigError } from './error.ts';

const milliseconds = z
  .int()
  .min(0)
  .max(7 * 86_400_000);
const path = z.string().min(1);

/** The configuration file's schema. Closed: a misspelt setting is an error and not a setting that silently does nothing. */
export const configSchema = z.strictObject({
  server: z.strictObject({
    url: z.url({ protocol: /^https$/, error: 'must be an address that begins with https://' }),
    /** File with the PEM certificates to trust instead of the system's. */
    ca: path.optional(),
    /** File with the token that pings are sent with, where the server asks for one. */
    pingTokenFile: path.optional(),
    /** Honour HTTPS_PROXY and NO_PROXY. */
    proxyFromEnvironment: z.boolean().default(true),
    maxPayloadBytes: z.int().min(1).max(268_435_456).default(67_108_864),
  }),
  tier: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be a tier name: lower-case letters, digits and dashes'),
  /** The fleet's own id: another one puts its machines into other buckets. */
  appId: z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hex digits'),
  machineIdFile: path.default('/etc/machine-id'),
  /** Files with the certificates whose signatures on livepatches are accepted. */
  trust: z.array(path).min(1, 'must name at least one certificate: without one no livepatch can be verified'),
  /** Files with revoked certificates, or lines `tbs:HEX` / `bin:HEX`. */
  revoked: z.array(path).default([]),
  stateFolder: path.default('/var/lib/klpkit'),
  policy: z
    .strictObject({
      never: z.boolean().exactOptional(),
      always: z.boolean().exactOptional(),
      control: z.boolean().exactOptional(),
      forceStalled: z.literal(forceAcceptance).exactOptional(),
      windows: z
        .array(
          z.strictObject({
            days: z.array(z.literal([0, 1, 2, 3, 4, 5, 6])).max(7),
            startMinute: z.int().min(0).max(1439),
            durationMinutes: z.int().min(1).max(10_080),
            timeZone: z.string().exactOptional(),
          }),
        )
        .max(64)
        .exactOptional(),
    })
    .default({}),
  schedule: z
    .strictObject({
      healthDelaysMs: z.tuple([milliseconds, milliseconds, milliseconds, milliseconds]),
      transitionDeadlineMs: milliseconds.min(20_000),
      transitionPollMs: milliseconds.min(10),
      transitionPingMs: milliseconds.min(1000),
      insertDeadlineMs: milliseconds.min(1000),
      beforePingMs: milliseconds,
      checkIntervalMs: milliseconds.min(1000),
    })
    .partial()
    .default({}),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug']).default('info'),
});

/** A configuration with its defaults filled in and its paths absolute. */
export type ClientConfig = Omit<z.output<typeof configSchema>, 'schedule'> & { readonly schedule: Schedule };

/** Reads a configuration file; paths in it are meant from its own folder. @throws {@link ConfigError} */
export async function readConfig(file: string): Promise<ClientConfig> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw invalid(`${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown error'})`, cause);
  }
  return parseConfig(text, file);
}

/** The same on the file's text. @throws {@link ConfigError} */
export function parseConfig(text: string, file: string): ClientConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(`${file} is no JSON (${(cause as Error).message})`, cause);
  }
  const result = configSchema.safeParse(json);
  if (!result.success) throw invalid(`${file}: ${result.error.issues.map(sentence).join('; ')}`, result.error);
  const config = result.data;
  const at = (name: string) => resolve(dirname(file), name);
  const { ca, pingTokenFile, ...server } = config.server;
  const files = {
    ...(ca === undefined ? {} : { ca: at(ca) }),
    ...(pingTokenFile === undefined ? {} : { pingTokenFile: at(pingTokenFile) }),
  };
  return {
    ...config,
    server: { ...server, ...files },
    machineIdFile: at(config.machineIdFile),
    trust: config.trust.map(at),
    revoked: config.revoked.map(at),
    stateFolder: at(config.stateFolder),
    schedule: { ...defaultSchedule, ...definedOf(config.schedule) },
  };
}

function definedOf<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;
}

function sentence({ path: where, message }: z.core.$ZodIssue): string {
  return where.length === 0 ? message : `"${where.map(String).join('.')}" ${message}`;
}

function invalid(what: string, cause: unknown): ConfigError {
  return new ConfigError(`${what}. Every setting is described in the README of the client.`, {
    cause,
  });
}
