import type { FastifyInstance } from 'fastify';
import { ServerError } from '../errors.ts';
import type { Services } from '../services.ts';
import { requireRole } from './access.ts';

/** Where machines find the signed repository: a mirror for `httpsMirror` of `@klpkit/repository`. */
const prefix = '/repository/';

/**
 * Serves the signed repository as the static files that it is. Everything but the timestamp has its version or digest in its name and can
 * be kept for ever.
 */
export async function addRepositoryRoutes(app: FastifyInstance, services: Services): Promise<void> {
  const { config } = services;
  app.get(
    '/v1/admin/repository',
    {
      onRequest: requireRole(services, 'viewer'),
      schema: { summary: 'How the signed repository stands, and what waits for an offline key.' },
    },
    async () => {
      const status = services.signing?.status();
      if (status !== undefined) return status;
      throw new ServerError(
        'NOT_FOUND',
        'This server signs no repository, or another one of its database does. Set "repository" in the configuration.',
      );
    },
  );
  if (config.repository === undefined) return;
  const { default: files } = await import('@fastify/static');
  await app.register(files, {
    root: config.repository.folder,
    prefix,
    index: false,
    dotfiles: 'deny',
    decorateReply: false,
    cacheControl: false,
    // No lock, no key, nothing that a person put there.
    allowedPath: (path) => /^\/(metadata|targets|payloads)\/[A-Za-z0-9._#+/-]+$/.test(path) && !path.includes('.tmp'),
    setHeaders: (reply, path) => {
      const isTimestamp = path.endsWith('/metadata/timestamp.json');
      reply.header('cache-control', isTimestamp ? 'no-cache' : 'public, max-age=31536000, immutable');
    },
  });
}
