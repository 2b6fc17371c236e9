import { kernelSchema, releaseKeySchema, sha256Schema } from '@klpkit/release';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { addEntry, liftEntry } from '../publish/blocklist-store.ts';
import type { AdminContext } from './admin-routes.ts';

const reason = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be lower case with dashes');
const entrySchema = z.strictObject({
  release: releaseKeySchema,
  sha256: sha256Schema.nullable().optional().describe('Absent: that of the published release, if there is one.'),
  kernels: z.union([z.literal('*'), z.array(kernelSchema).min(1).max(1000)]).default('*'),
  action: z.enum(['no-offer', 'no-apply', 'disable']),
  reason,
});
const blockBody = z.strictObject({ entry: entrySchema });
const liftBody = z.strictObject({ release: releaseKeySchema, sha256: sha256Schema.nullable(), reason });

/** Blocks and lifts. */
export function addBlocklistRoutes(app: FastifyInstance, { services, actorOf, only, announce }: AdminContext): void {
  const { database, published, config } = services;
  app.post<{ Body: z.infer<typeof blockBody> }>(
    '/blocklist',
    { onRequest: only('operator'), schema: { summary: 'Adds an entry to the blocklist.', body: blockBody } },
    async (request, reply) => {
      const { entry } = request.body;
      const now = config.clock();
      const sha256 =
        entry.sha256 === undefined
          ? (published.current().byKey.get(entry.release)?.release.sha256 ?? null)
          : entry.sha256;
      const list = await database.transaction((sql) =>
        addEntry(sql, { ...entry, sha256, since: now }, { actor: actorOf(request), now }),
      );
      await announce();
      return reply.code(201).send(list);
    },
  );
  app.post<{ Body: z.infer<typeof liftBody> }>(
    '/blocklist/lift',
    {
      onRequest: only('operator'),
      schema: { summary: 'Takes an entry back, with the reason on record.', body: liftBody },
    },
    async (request) => {
      const now = config.clock();
      const lifted = { ...request.body, since: now, at: now };
      const list = await database.transaction((sql) => liftEntry(sql, lifted, { actor: actorOf(request), now }));
      await announce();
      return list;
    },
  );
}
