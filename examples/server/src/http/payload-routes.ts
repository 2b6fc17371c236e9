import { Readable } from 'node:stream';
import { sha256Schema } from '@klpkit/release';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ServerError } from '../errors.ts';
import type { Services } from '../services.ts';
import { requireClientCertificate } from './client-certificate.ts';
import { parseRange } from './range.ts';

const digestParams = z.strictObject({ sha256: sha256Schema });
type PayloadRequest = FastifyRequest<{ Params: z.infer<typeof digestParams> }>;

/** Serves payloads. Their name is their digest, so that what a cache once has is right for ever. */
export function addPayloadRoutes(app: FastifyInstance, services: Services): void {
  app.get<{ Params: z.infer<typeof digestParams> }>(
    '/v1/payloads/:sha256',
    {
      onRequest: requireClientCertificate(services),
      schema: { summary: 'A payload; ranges and conditional requests are answered.', params: digestParams },
    },
    (request, reply) => sendPayload(request, reply, services),
  );
}

async function sendPayload(
  request: PayloadRequest,
  reply: FastifyReply,
  { payloads, config }: Services,
): Promise<FastifyReply> {
  const { sha256 } = request.params;
  const size = await payloads.size(sha256);
  if (size === undefined)
    throw new ServerError('PAYLOAD_UNKNOWN', `There is no payload ${sha256} here. Take the path from an offer.`);
  if (config.payloadUrl !== undefined) return reply.redirect(`${config.payloadUrl}${sha256}`, 307);
  const etag = `"${sha256}"`;
  reply.header('etag', etag);
  reply.header('accept-ranges', 'bytes');
  reply.header('cache-control', 'public, max-age=31536000, immutable');
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send();
  reply.type('application/octet-stream');
  const range = rangeOf(request, { etag, size });
  if (range === 'unsatisfiable') {
    reply.header('content-range', `bytes */${size}`);
    throw new ServerError(
      'RANGE_NOT_SATISFIABLE',
      `The payload has ${size} bytes, and the range lies behind its end. Fetch it from the start.`,
    );
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range !== undefined) reply.code(206).header('content-range', `bytes ${start}-${end}/${size}`);
  reply.header('content-length', String(end - start + 1));
  // For HEAD the framework drops the stream and keeps the length.
  return reply.send(request.method === 'HEAD' ? Readable.from([]) : payloads.read(sha256, { start, end }));
}

/** A range counts only with GET, and with If-Range only of these very bytes (RFC 9110, 13.1.5 and 14.2). */
function rangeOf(request: FastifyRequest, payload: { etag: string; size: number }): ReturnType<typeof parseRange> {
  const condition = request.headers['if-range'];
  if (request.method !== 'GET' || (condition !== undefined && condition !== payload.etag)) return undefined;
  return parseRange(request.headers.range, payload.size);
}

/** RFC 9110, 13.1.2: a list of tags, compared weakly, or `*`. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.trim() === '*' || header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
