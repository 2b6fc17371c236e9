import { kernelSchema, releaseKeySchema, sha256Schema } from '@klpkit/release';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { addEntry, liftEntry } from '../publish/blocklist-store.ts';
import type { AdminContext } from './admin-routes.ts';
import { noteSchema } from './note.ts';

const reason = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be lower case with dashes')
  .describe('A code that goes to machines; the words for people go into the note.');
/** The list itself is closed to free text: every machine fetches it and shows its reasons. */
const note = noteSchema.optional();
const entrySchema = z.strictObject({
  release: releaseKeySchema,
  sha256: sha256Schema.nullable().optional().describe('Absent: that of the published release, if there is one.'),
  kernels: z.union([z.literal('*'), z.array(kernelSchema).min(1).max(1000)]).default('*'),
  action: z.enum(['no-offer', 'no-apply', 'disable']),
  reason,
});
const blockBody = z.strictObject({ entry: entrySchema, note });
const liftBody = z.strictObject({ release: releaseKeySchema, sha256: sha256Schema.nullable(), reason, note });

/** Blocks and lifts. */
export function addBlocklistRoutes(app: FastifyInstance, { services, actorOf, only, announce }: AdminContext): void {
  const { database, published, config } = services;
  app.post<{ Body: z.infer<typeof blockBody> }>(
    '/blocklist',
    { onRequest: only('operator'), schema: { summary: 'Adds an entry to the blocklist.', body: blockBody } },
    async (request, reply) => {
      const { entry, note: said } = request.body;
      const now = config.clock();
      const sha256 =
        entry.sha256 === undefined
          ? (published.current().byKey.get(entry.release)?.release.sha256 ?? null)
          : entry.sha256;
      const list = await database.transaction((sql) =>
        addEntry(sql, { ...entry, sha256, since: now }, { actor: actorOf(request), now, note: said }),
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
      const { note: said, ...what } = request.body;
      const lifted = { ...what, since: now, at: now };
      const change = { actor: actorOf(request), now, note: said };
      const list = await database.transaction((sql) => liftEntry(sql, lifted, change));
      await announce();
      return list;
    },
  );
}
