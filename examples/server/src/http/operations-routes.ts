import type { FastifyInstance } from 'fastify';
import { ServerError } from '../errors.ts';
import type { Services } from '../services.ts';

/** Whoever asks whether the server is ready gives up after a few seconds himself. */
const readyWithinMs = 2_000;

/** For whoever runs the server: is it alive, does it work, what does it count, what can it be asked. */
export function addOperationsRoutes(
  app: FastifyInstance,
  services: Services,
  openApi: () => Record<string, unknown>,
): void {
  app.get('/healthz', { schema: { summary: 'The process answers.' } }, async () => ({ ok: true }));
  app.get('/readyz', { schema: { summary: 'The database answers too: pings can be taken.' } }, async () => {
    await services.database.query('select 1', [], { withinMs: readyWithinMs }).catch((cause: unknown) => {
      throw new ServerError(
        'DATABASE_UNAVAILABLE',
        'The database does not answer; releases are served on. Look at its log lines.',
        { cause },
      );
    });
    await services.queue?.check();
    return { ok: true };
  });
  app.get('/metrics', { schema: { summary: 'Measurements, for Prometheus.' } }, async (_request, reply) => {
    const { contentType, body } = await services.metrics.render();
    return reply.type(contentType).send(body);
  });
  app.get('/v1/openapi.json', { schema: { summary: 'This interface as an OpenAPI document.' } }, async () => openApi());
}
