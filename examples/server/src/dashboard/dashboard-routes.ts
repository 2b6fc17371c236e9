import { PassThrough } from 'node:stream';
import { releaseKeySchema } from '@klpkit/release';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { listAudit } from '../database/audit.ts';
import { ServerError } from '../errors.ts';
import { identityOf, requireRole } from '../http/access.ts';
import type { Services } from '../services.ts';
import { createEventHub, type EventHub } from './event-hub.ts';
import { streamEvents } from './event-stream.ts';
import { addPageRoutes } from './page-routes.ts';
import { listPatches } from './patch-summary.ts';
import { viewPatch } from './patch-view.ts';
import { shareWork } from './share-work.ts';
import type { OverviewView, SignInView } from './views.ts';

const keyParams = z.strictObject({ key: releaseKeySchema });

/** Streams that are open at once, in all and for one person: each holds a connection. */
const maxStreams = 500;
const maxStreamsEach = 20;
/** Acts on the first page. */
const recentActs = 15;

/** The page, what it shows, and what tells it to look again. Viewers may read; what changes something is the admin interface's. */
export async function addDashboardRoutes(app: FastifyInstance, services: Services): Promise<void> {
  await addPageRoutes(app);
  const onRequest = requireRole(services, 'viewer');
  // Everybody who looks looks at the same: of many who ask at once the database is asked for one.
  const overview = shareWork(() => viewOverview(services));
  const patch = shareWork((key: string) => viewPatch(services, key));
  app.get(
    '/v1/dashboard/patches',
    { onRequest, schema: { summary: 'Every patch, summed up; the blocklist; the last acts.' } },
    () => overview(''),
  );
  app.get<{ Params: z.infer<typeof keyParams> }>(
    '/v1/dashboard/patches/:key',
    { onRequest, schema: { summary: 'All that is known of one patch, for people.', params: keyParams } },
    (request) => patch(request.params.key),
  );
  app.get(
    '/v1/sign-in',
    { schema: { summary: 'How one may sign in; for everybody.' } },
    async (): Promise<SignInView> => ({ provider: services.config.oidc !== undefined }),
  );
  addEventRoute(app, services);
}

async function viewOverview({ database, published, config }: Services): Promise<OverviewView> {
  const snapshot = published.current();
  const { blocklist } = snapshot;
  const now = config.clock();
  return {
    now,
    patches: await listPatches(database, snapshot, { blocklist, policy: config.gate.policy, now }),
    total: snapshot.byKey.size,
    blocklist: { version: blocklist.version, entries: blocklist.entries },
    audit: await listAudit(database, { limit: recentActs }),
  };
}

function addEventRoute(app: FastifyInstance, services: Services): void {
  const hub = createEventHub(services.changes);
  const streams = createStreamLimit();
  app.addHook('preClose', async () => {
    hub.close();
    streams.endAll();
  });
  app.get(
    '/v1/dashboard/events',
    {
      onRequest: requireRole(services, 'viewer'),
      schema: { summary: 'Server-sent events: which releases changed. Takes up at Last-Event-ID.' },
    },
    async (request, reply) => sendEvents(request, reply, { hub, streams }),
  );
}

function sendEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  { hub, streams }: { hub: EventHub; streams: StreamLimit },
): FastifyReply {
  const out = new PassThrough();
  streams.add(identityOf(request).actor, out);
  const lastEventId = request.headers['last-event-id'];
  reply.raw.once('close', () => out.destroy());
  streamEvents(hub, out, { lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined });
  reply.header('x-accel-buffering', 'no');
  return reply.type('text/event-stream').send(out);
}

interface StreamLimit {
  /** @throws ServerError `OVERLOADED` */
  add(owner: string, out: PassThrough): void;
  endAll(): void;
}

function createStreamLimit(): StreamLimit {
  const open = new Map<PassThrough, string>();
  return {
    add: (owner, out) => {
      const own = [...open.values()].filter((each) => each === owner).length;
      if (open.size >= maxStreams || own >= maxStreamsEach)
        throw new ServerError('OVERLOADED', 'Too many pages are open. Close some, or wait until others do.');
      open.set(out, owner);
      out.once('close', () => open.delete(out));
    },
    endAll: () => {
      for (const out of open.keys()) out.end();
    },
  };
}
