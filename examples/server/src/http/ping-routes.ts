import { parsePingBatch, pingJsonSchema } from '@klpkit/pings';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Services } from '../services.ts';
import { requireClientCertificate } from './client-certificate.ts';
import { authorize } from './authorize.ts';

const result = z.object({
  accepted: z.int().describe('Now durable.'),
  duplicates: z.int().describe('Had been taken before.'),
  refused: z
    .array(z.object({ id: z.string(), code: z.string(), message: z.string() }))
    .describe('Will never be taken; do not send them again.'),
});
/** For the document; the body itself is read by the package, whose schema is closed. */
const batch = z.object({ pings: z.array(z.unknown().meta(pingJsonSchema())) });

/** Takes pings and answers when they are durable: what was answered with 200 survives a crash of the server and of its database. */
export function addPingRoutes(app: FastifyInstance, services: Services): void {
  app.post(
    '/v1/pings',
    {
      onRequest: requireClientCertificate(services),
      schema: {
        summary: 'Pings of one or many attempts; each counts once however often it is sent.',
        body: batch,
        response: { 200: result },
      },
      validatorCompiler: () => () => true,
    },
    async (request) => {
      const tier =
        services.config.pingAuth === 'none' ? undefined : (await authorize(request, services, ['tier'])).tier;
      return services.takePings(parsePingBatch(request.body), tier ?? undefined);
    },
  );
}
