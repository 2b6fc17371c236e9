import type { FastifyInstance, FastifyReply } from 'fastify';
import { ServerError } from '../errors.ts';
import { type PageFile, readPage } from './page-files.ts';

/**
 * Scripts, styles and connections of this server alone; no inline script or style, no frame, and no string becomes markup but in the
 * template engine (Trusted Types).
 */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
].join('; ');

/** Serves the page's files. They hold nothing secret: what they show is asked for with a session. */
export async function addPageRoutes(app: FastifyInstance): Promise<void> {
  const files = await readPage();
  app.get('/', async (_request, reply) => reply.redirect('/dashboard/', 302));
  app.get('/dashboard', async (_request, reply) => reply.redirect('/dashboard/', 301));
  app.get<{ Params: { '*': string } }>('/dashboard/*', async (request, reply) => {
    const name = request.params['*'] === '' ? 'index.html' : request.params['*'];
    const file = files.get(name);
    if (file === undefined)
      throw new ServerError('NOT_FOUND', 'The dashboard has no such file. Open /dashboard/ and load it anew.');
    return sendFile(reply, file, request.headers['if-none-match']);
  });
}

function sendFile(reply: FastifyReply, file: PageFile, known: string | undefined): FastifyReply {
  reply.header('content-security-policy', pagePolicy);
  reply.header('cross-origin-opener-policy', 'same-origin');
  reply.header('cross-origin-resource-policy', 'same-origin');
  // Asked for again every time, answered with 304: after an update no page runs on half of the old one.
  reply.header('cache-control', 'no-cache');
  reply.header('etag', file.etag);
  if (known === file.etag) return reply.code(304).send();
  return reply.type(file.type).send(file.bytes);
}
