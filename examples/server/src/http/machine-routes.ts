import { type Blocklist, refreshBlocklist } from '@klpkit/blocklist';
import { archSchema, kernelSchema, releaseKeySchema, releaseSchema } from '@klpkit/release';
import { publishedRollout } from '@klpkit/rollout';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ServerError } from '../errors.ts';
import { offerFor } from '../publish/offer.ts';
import type { Services } from '../services.ts';
import { requireClientCertificate } from './client-certificate.ts';

/** A tier as it is written in requests. */
export const tierSchema = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be a tier name');
const offerQuery = z.strictObject({ kernel: kernelSchema, arch: archSchema, tier: tierSchema });
const keyParams = z.strictObject({ key: releaseKeySchema });
const rolloutSchema = z.object({
  release: releaseKeySchema,
  paused: z.boolean(),
  tiers: z.array(z.object({ tier: tierSchema, microPercent: z.int(), nextPhaseAt: z.int().optional() })),
});
const offerSchema = z.object({ release: releaseSchema, rollout: rolloutSchema, payload: z.string() });
const offerAnswer = z.object({
  offer: offerSchema.nullable(),
  earlier: z
    .array(offerSchema)
    .describe(
      'Older releases that have reached the tier, newest first: for machines whose turn for the newest has not come.',
    ),
  reason: z.enum(['no-release', 'end-of-life', 'blocked']).nullable(),
  message: z.string(),
});

/** What machines ask: answered from memory, without the database. */
export function addMachineRoutes(app: FastifyInstance, services: Services): void {
  const { published, config } = services;
  const freshBlocklist = (): Blocklist => freshen(published.current().blocklist, config);
  const onRequest = requireClientCertificate(services);
  app.get<{ Querystring: z.infer<typeof offerQuery> }>(
    '/v1/offer',
    {
      onRequest,
      schema: {
        summary: 'The release for a kernel, and how far its rollout is.',
        querystring: offerQuery,
        response: { 200: offerAnswer },
      },
    },
    async (request) => offerFor({ ...published.current(), blocklist: freshBlocklist() }, request.query, config.clock()),
  );
  app.get('/v1/blocklist', { onRequest, schema: { summary: 'All that must not run, freshly dated.' } }, async () =>
    freshBlocklist(),
  );
  app.get<{ Params: z.infer<typeof keyParams> }>(
    '/v1/rollouts/:key',
    {
      onRequest,
      schema: { summary: 'How far the rollout of a release is.', params: keyParams, response: { 200: rolloutSchema } },
    },
    async (request) => {
      const found = published.current().byKey.get(request.params.key);
      if (found === undefined)
        throw new ServerError(
          'RELEASE_UNKNOWN',
          `There is no release ${request.params.key} here. Take the key from an offer.`,
        );
      return publishedRollout(found.state);
    },
  );
}

function freshen(list: Blocklist, config: Services['config']): Blocklist {
  return refreshBlocklist(list, Math.max(config.clock(), list.issued), { lifetimeMs: config.blocklistLifetimeMs });
}
