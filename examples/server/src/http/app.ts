import { STATUS_CODES } from 'node:http';
import rateLimit from '@fastify/rate-limit';
import Fastify, { LogController, type FastifyInstance, type FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { addDashboardRoutes } from '../dashboard/dashboard-routes.ts';
import { ServerError } from '../errors.ts';
import { addReportRoutes } from '../reports/report-routes.ts';
import type { Services } from '../services.ts';
import { limitConnections } from '../tls/connection-rate.ts';
import { awaitFirstByte } from '../tls/first-byte.ts';
import type { SecureContext } from '../tls/keeper.ts';
import { networkOf } from '../tls/network-of.ts';
import { addAdminRoutes } from './admin-routes.ts';
import { bearerOf } from './authorize.ts';
import { addErrorAnswers, answerError } from './error-answers.ts';
import { addMachineRoutes } from './machine-routes.ts';
import { collectOpenApi } from './openapi.ts';
import { addOperationsRoutes } from './operations-routes.ts';
import { addPayloadRoutes } from './payload-routes.ts';
import { addPingRoutes } from './ping-routes.ts';
import { addRepositoryRoutes } from './repository-routes.ts';
import { addTracing, traceOf } from './tracing.ts';
import { addSessionRoutes } from './session-routes.ts';

/** An idle connection is kept this long: longer than a machine's pause between two health pings would cost more than it saves. */
const keepAliveTimeoutMs = 75_000;

/** Puts the HTTP side together. It does not listen yet. */
export async function createApp(services: Services, tls: SecureContext): Promise<FastifyInstance> {
  const { limits } = services.config;
  const app = openFastify(services, tls);
  limitSockets(app, services);
  app.setValidatorCompiler(({ schema }) => validatorOf(schema as z.ZodType));
  // Schemas of answers are there for the OpenAPI document; what is sent was made here.
  app.setSerializerCompiler(() => JSON.stringify);
  const openApi = collectOpenApi(app);
  addErrorAnswers(app);
  app.removeContentTypeParser('text/plain');
  addHeaders(app);
  addTracing(app);
  addObservation(app, services);
  if (limits.requestsPerMinute !== null) await addRateLimit(app, services, limits.requestsPerMinute);
  refuseEncodedBodies(app);
  addMachineRoutes(app, services);
  addPayloadRoutes(app, services);
  addPingRoutes(app, services);
  await app.register(async (admin) => addAdminRoutes(admin, services), { prefix: '/v1/admin' });
  addSessionRoutes(app, services);
  if (services.config.oidc !== undefined) (await import('./oidc-routes.ts')).addOidcRoutes(app, services);
  await addRepositoryRoutes(app, services);
  await addDashboardRoutes(app, services);
  addReportRoutes(app, services);
  addOperationsRoutes(app, services, openApi);
  await app.ready();
  return app;
}

function openFastify({ config, log }: Services, tls: SecureContext): FastifyInstance {
  const { limits } = config;
  const { headersTimeoutMs } = limits;
  const authority = config.tls.clientAuthority;
  return Fastify({
    https: {
      ...tls,
      minVersion: 'TLSv1.2',
      // Asked for, and refused by the routes that need one: people come without.
      ...(authority === undefined ? {} : { ca: authority, requestCert: true, rejectUnauthorized: false }),
      handshakeTimeout: headersTimeoutMs,
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: headersTimeoutMs / 2,
      maxHeaderSize: 16_384,
    },
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    // The few lines that a request logs name it themselves: a logger for each request would be made for nobody.
    childLoggerFactory: (logger) => logger,
    bodyLimit: limits.maxBodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    routerOptions: { maxParamLength: 256 },
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
  }) as unknown as FastifyInstance;
}

function limitSockets(app: FastifyInstance, { config: { limits }, log }: Services): void {
  app.server.maxConnections = limits.maxConnections;
  const perMinute = limits.connectionsPerMinute;
  const rate =
    perMinute === null
      ? undefined
      : limitConnections({
          perMinute,
          now: () => performance.now(),
          onRefused: (network) => log.info({ network, perMinute }, 'too many connections are opened from one network'),
        });
  const silent = awaitFirstByte(app.server, {
    withinMs: limits.headersTimeoutMs,
    ...(rate === undefined ? {} : { mayOpen: (address) => rate.mayOpen(address) }),
  });
  app.addHook('preClose', async () => silent.close());
}

function validatorOf(schema: z.ZodType): (value: unknown) => { value: unknown } | { error: Error } {
  return (value) => {
    const result = schema.safeParse(value);
    if (result.success) return { value: result.data };
    const what = result.error.issues
      .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
      .join('; ');
    return {
      error: new ServerError(
        'BAD_REQUEST',
        `The request cannot be read (${what}). See /v1/openapi.json for what it must be.`,
      ),
    };
  };
}

function addHeaders(app: FastifyInstance): void {
  app.addHook('onSend', (_request, reply, payload, done) => {
    reply.header('strict-transport-security', 'max-age=31536000');
    reply.header('x-content-type-options', 'nosniff');
    if (!reply.hasHeader('content-security-policy'))
      reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    reply.header('referrer-policy', 'no-referrer');
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    done(null, payload);
  });
}

/** Counts every answer and logs those that failed, once each. Neither headers nor bodies are logged: tokens are in them. */
function addObservation(app: FastifyInstance, services: Services): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    const status = reply.statusCode;
    services.metrics.observeRequest({ method: request.method, route, status }, reply.elapsedTime / 1000);
    const level = status >= 400 && status < 500 ? 'info' : 'debug';
    if (!services.log.isLevelEnabled(level)) return done();
    services.log[level](
      {
        method: request.method,
        route,
        status,
        ms: Math.round(reply.elapsedTime),
        requestId: request.id,
        ...traceOf(request),
      },
      STATUS_CODES[status] ?? 'answered',
    );
    done();
  });
}

async function addRateLimit(app: FastifyInstance, services: Services, max: number): Promise<void> {
  // A good token has a budget of its own, so that machines behind one address do not share one. Only what is known already counts here:
  // an invented token costs its sender's address and no look into the database.
  const budgetOf = (request: FastifyRequest): string =>
    services.tokens.remembered(bearerOf(request) ?? '') ?? networkOf(request.ip);
  await app.register(rateLimit, {
    max,
    timeWindow: 60_000,
    cache: 20_000,
    keyGenerator: budgetOf,
    errorResponseBuilder: (_request, { after }) =>
      new ServerError('RATE_LIMITED', `Too many requests. Send this again after ${after}.`),
  });
}

/** Nothing that unpacks is read: a small body stays small. */
function refuseEncodedBodies(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const encoding = request.headers['content-encoding'];
    if (encoding === undefined || encoding === 'identity') return done();
    done(
      new ServerError(
        'UNSUPPORTED_MEDIA_TYPE',
        'Compressed bodies are not read. Send the body as it is, without content-encoding.',
      ),
    );
  });
}
