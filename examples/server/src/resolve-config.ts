import { isIP } from 'node:net';
import { defaultHealthDelaysMs } from '@klpkit/pings';
import { defaultPlan, parseRolloutPlan, type RolloutPlan } from '@klpkit/rollout';
import { z } from 'zod';
import type {
  Clock,
  GateSettings,
  OidcSettings,
  QueueSettings,
  RepositorySettings,
  ServerConfig,
  ServerLimits,
  TlsSettings,
} from './config.ts';
import { ServerError } from './errors.ts';

/** The configuration, checked, with every default in its place. */
export interface ResolvedConfig {
  readonly stateDir: string;
  readonly trustCertificates: readonly (string | Uint8Array)[];
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string | undefined;
  readonly postgresUid: number;
  readonly adminToken: string | undefined;
  readonly pingAuth: 'none' | 'token';
  readonly plan: RolloutPlan;
  readonly gate: GateSettings;
  readonly limits: ServerLimits;
  readonly tls: TlsSettings;
  readonly repository: RepositorySettings | undefined;
  readonly oidc: OidcSettings | undefined;
  readonly queue: QueueSettings | undefined;
  readonly payloadUrl: string | undefined;
  readonly blocklistLifetimeMs: number;
  readonly retentionDays: number;
  readonly logLevel: NonNullable<ServerConfig['logLevel']>;
  readonly clock: Clock;
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
/** After the last health ping a machine has this long to find the server again before it counts as silent. */
const answerMarginMs = 15 * minuteMs;

/** One machine in twenty may be shut down or restarted in the half hour after its attempt began: a maintenance window with a reboot in it is no patch's fault. */
const defaultP0Left = 0.05;

const rate = z.number().gt(0).lt(1);
const durationMs = z
  .int()
  .min(1)
  .max(3650 * dayMs);
const hostName = z
  .string()
  .refine(
    (name) =>
      isIP(name) !== 0 ||
      /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/.test(name),
    'must be a host name or an address',
  );

const isWhole = (weights: Readonly<Record<string, number>>): boolean =>
  Object.hasOwn(weights, '*') && Math.abs(Object.values(weights).reduce((sum, one) => sum + one, 0) - 1) < 1e-9;

const gateSchema = z.strictObject({
  policy: z
    .strictObject({
      p0: rate.lt(1 / 3),
      p0Silent: rate.lt(1 / 3).exactOptional(),
      p0Left: rate.lt(1 / 3).default(defaultP0Left),
      pBad: rate,
      alpha: rate,
      beta: rate,
      strata: z.record(z.string(), rate).refine(isWhole, 'must be together 1, with one for *').exactOptional(),
    })
    .default({ p0: 0.01, p0Left: defaultP0Left, pBad: 0.03, alpha: 0.01, beta: 0.05 }),
  baseline: z.enum(['rates', 'control', 'both']).default('rates'),
  controlRate: z.number().min(0).max(1).default(0),
  answerWindowMs: durationMs.default(defaultHealthDelaysMs[3] + answerMarginMs),
  provenBy: z.union([z.literal('after'), z.literal([0, 1, 2, 3])]).default(3),
  blockFrom: z.enum(['halt', 'block', 'never']).default('block'),
  blockAction: z.enum(['no-offer', 'no-apply', 'disable']).default('no-apply'),
  autoAdvance: z.boolean().default(true),
  intervalMs: durationMs.default(5_000),
});

const limitsSchema = z.strictObject({
  maxPayloadBytes: z
    .int()
    .min(1)
    .max(256 * 1024 * 1024)
    .default(64 * 1024 * 1024),
  maxBodyBytes: z
    .int()
    .min(1024)
    .max(64 * 1024 * 1024)
    .default(4 * 1024 * 1024),
  maxWaitingPings: z.int().min(1).default(50_000),
  requestsPerMinute: z.int().min(1).nullable().default(6_000),
  // A machine says two or three things on one connection.
  connectionsPerMinute: z.int().min(1).nullable().default(3_000),
  signInsPerMinute: z.int().min(1).default(10),
  headersTimeoutMs: z.int().min(100).max(300_000).default(10_000),
  requestTimeoutMs: z.int().min(1000).max(3_600_000).default(300_000),
  maxConnections: z.int().min(1).default(4_096),
});

const tlsSchema = z.strictObject({
  names: z.array(hostName).max(100).default([]),
  lifetimeMs: durationMs.default(90 * dayMs),
  clientAuthority: z
    .string()
    .regex(/-----BEGIN CERTIFICATE-----/, 'must be PEM')
    .exactOptional(),
  checkIntervalMs: durationMs.default(60 * minuteMs),
});

const groups = z.array(z.string().min(1)).min(1).exactOptional();
const oidcSchema = z.strictObject({
  issuer: z
    .url()
    .regex(/^(https:\/\/|http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:|\/|$))/, 'must be https, or http on this machine'),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1).exactOptional(),
  publicUrl: z.url({ protocol: /^https$/ }),
  scope: z.string().default('openid profile email'),
  groupsClaim: z.string().min(1).default('groups'),
  roles: z.strictObject({ viewer: groups, operator: groups, admin: groups }),
});

const queueSchema = z.strictObject({
  url: z
    .string()
    .refine(
      (list) => list.split(',').every((one) => /^(nats|tls):$/.test(URL.parse(one)?.protocol ?? '')),
      'must be URLs that begin with nats:// or tls://',
    ),
  replicas: z.int().min(1).max(5).default(3),
  maxBytes: z
    .int()
    .min(1024 * 1024)
    .default(1024 * 1024 * 1024),
});

const configSchema = z.strictObject({
  stateDir: z.string().min(1),
  trustCertificates: z
    .array(z.union([z.string().min(1), z.instanceof(Uint8Array)]))
    .min(1, 'must name at least one certificate, else nothing could be published'),
  host: hostName.default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(8443),
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')
    .optional(),
  postgresUid: z.int().min(1).max(4_294_967_294).default(65_534),
  adminToken: z
    .string()
    .regex(/^[\x21-\x7e]{32,256}$/, 'must be 32 to 256 printable characters without spaces')
    .optional(),
  pingAuth: z.enum(['none', 'token']).default('none'),
  plan: z.custom<RolloutPlan>().default(defaultPlan),
  gate: gateSchema.prefault({}),
  limits: limitsSchema.prefault({}),
  tls: tlsSchema.prefault({}),
  repository: z
    .strictObject({ folder: z.string().min(1), keys: z.string().min(1), intervalMs: durationMs.default(10_000) })
    .optional(),
  oidc: oidcSchema.optional(),
  queue: queueSchema.optional(),
  payloadUrl: z
    .url({ protocol: /^https$/ })
    .regex(/\/$/, 'must end with /')
    .optional(),
  blocklistLifetimeMs: durationMs.default(dayMs),
  retentionDays: z.int().min(1).max(3650).default(90),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  clock: z.custom<Clock>((value) => typeof value === 'function').default(() => Date.now),
});

/**
 * Checks a configuration and fills in the defaults.
 *
 * @throws ServerError `CONFIG_INVALID` with every fault and where it is.
 */
export function resolveConfig(config: ServerConfig): ResolvedConfig {
  const result = configSchema.safeParse(config);
  if (!result.success)
    throw invalid(result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
  const { data } = result;
  try {
    const plan = parseRolloutPlan(data.plan);
    const { databaseUrl, adminToken, repository, oidc, queue, payloadUrl } = data;
    return { ...data, plan, databaseUrl, adminToken, repository, oidc, queue, payloadUrl };
  } catch (cause) {
    throw invalid(`plan: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

function invalid(what: string, cause?: unknown): ServerError {
  return new ServerError('CONFIG_INVALID', `The configuration cannot be used (${what}). Correct it and start again.`, {
    cause,
  });
}
