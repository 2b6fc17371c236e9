import { releaseKeySchema, sha256Schema } from '@klpkit/release';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Role } from '../access/users.ts';
import { listAudit } from '../database/audit.ts';
import { ServerError } from '../errors.ts';
import type { Services } from '../services.ts';
import { judgePayload, publishRelease } from '../publish/publish-release.ts';
import { addBlocklistRoutes } from './admin-blocklist-routes.ts';
import { addRolloutRoutes } from './admin-rollout-routes.ts';
import { addTokenRoutes } from './admin-token-routes.ts';
import { addUserRoutes } from './admin-user-routes.ts';
import { identityOf, requireRole } from './access.ts';

/** What the admin routes share. */
export interface AdminContext {
  readonly services: Services;
  /** The name for the audit rows. */
  readonly actorOf: (request: FastifyRequest) => string;
  /** The hook for a route that needs this role. */
  readonly only: (role: Role) => ReturnType<typeof requireRole>;
  /** Lets this server answer with what was just published; the others hear of it by themselves. */
  readonly announce: () => Promise<void>;
}

const digestParams = z.strictObject({ sha256: sha256Schema });
const auditQuery = z.strictObject({
  release: releaseKeySchema.optional(),
  before: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

/** What people and pipelines do. Each route names the role it needs; the hook runs before a body is read. */
export function addAdminRoutes(app: FastifyInstance, services: Services): void {
  const context: AdminContext = {
    services,
    actorOf: (request) => identityOf(request).actor,
    only: (role) => requireRole(services, role),
    announce: () => services.published.refresh(),
  };
  addPayloadRoutes(app, context);
  addReleaseRoutes(app, context);
  addRolloutRoutes(app, context);
  addBlocklistRoutes(app, context);
  addTokenRoutes(app, context);
  addUserRoutes(app, context);
  app.get<{ Querystring: z.infer<typeof auditQuery> }>(
    '/audit',
    {
      onRequest: context.only('viewer'),
      schema: { summary: 'What changed what machines are told, newest first.', querystring: auditQuery },
    },
    async (request) => ({
      rows: await listAudit(services.database, { release: undefined, before: undefined, ...request.query }),
    }),
  );
}

function addPayloadRoutes(app: FastifyInstance, { services, only }: AdminContext): void {
  const { payloads, trust, config } = services;
  const { maxPayloadBytes } = config.limits;
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
  app.put<{ Params: z.infer<typeof digestParams> }>(
    '/payloads/:sha256',
    {
      onRequest: only('admin'),
      schema: {
        summary: 'Keeps a signed livepatch module; machines get it once a release names it.',
        params: digestParams,
      },
    },
    async (request, reply) => {
      const { sha256 } = request.params;
      if (Number(request.headers['content-length'] ?? 0) > maxPayloadBytes) throw tooLarge(maxPayloadBytes);
      const judge = async (bytes: Uint8Array): Promise<void> =>
        void (await judgePayload(bytes, { sha256, trust, maxBytes: maxPayloadBytes }));
      const { size } = await payloads.put(request.raw, { sha256, maxBytes: maxPayloadBytes, judge });
      return reply.code(201).send({ sha256, size });
    },
  );
}

function tooLarge(maxBytes: number): ServerError {
  return new ServerError(
    'TOO_LARGE',
    `A payload has at most ${maxBytes} bytes. Raise limits.maxPayloadBytes if this one is right.`,
  );
}

const releaseBody = z.strictObject({ release: z.unknown() });

function addReleaseRoutes(app: FastifyInstance, { services, actorOf, only, announce }: AdminContext): void {
  const { payloads, trust, config, database } = services;
  const { maxPayloadBytes } = config.limits;
  app.post<{ Body: z.infer<typeof releaseBody> }>(
    '/releases',
    {
      onRequest: only('admin'),
      schema: { summary: 'Publishes a release in the first phase of the plan.', body: releaseBody },
    },
    async (request, reply) => {
      const context = {
        payloads,
        trust,
        maxPayloadBytes,
        plan: config.plan,
        actor: actorOf(request),
        now: config.clock(),
      };
      const { key, isNew } = await publishRelease(database, request.body.release, context);
      await announce();
      return reply.code(isNew ? 201 : 200).send({ key });
    },
  );
  app.get(
    '/releases',
    { onRequest: only('viewer'), schema: { summary: 'Every release, newest first.' } },
    async () => ({
      releases: [...services.published.current().byKey.values()].map(({ key, release, state }) => ({
        key,
        release,
        status: state.status,
        tiers: state.tiers,
      })),
    }),
  );
}
