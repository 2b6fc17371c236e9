import { isPingError } from '@klpkit/pings';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { traceOf } from './tracing.ts';
import { isServerError, plainMessage, ServerError } from '../errors.ts';

/** Seconds after which an answer of 503 may be different. */
const retryAfterS = 5;

/** Every error becomes `{ ok: false, code, message }`; what was not foreseen tells no more than a number to look for in the log. */
export function addErrorAnswers(app: FastifyInstance): void {
  app.setNotFoundHandler((request) => {
    throw new ServerError(
      'NOT_FOUND',
      `There is no ${request.method} ${pathOf(request.url)}. See /v1/openapi.json for what there is.`,
    );
  });
  app.setErrorHandler(answerError);
}

/** Answers an error; also for those of the framework that come before there is a route. */
export function answerError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = toServerError(thrown, request.id);
  if (error.code === 'INTERNAL')
    request.log.error({ err: thrown, requestId: request.id, ...traceOf(request) }, 'a request failed');
  if (error.code === 'UNAUTHORIZED') reply.header('www-authenticate', 'Bearer realm="klpkit"');
  if (error.status === 503) reply.header('retry-after', String(retryAfterS));
  // What is left of a body that was refused is not read: the connection ends with the answer.
  if (error.status === 413) reply.header('connection', 'close');
  // fastify ends it with every body that it cannot read. Where all of it has come, another handshake would cost more than all the rest.
  else if (request.raw.complete) reply.removeHeader('connection');
  return reply.code(error.status).send({ ok: false, code: error.code, message: plainMessage(error) });
}

function toServerError(thrown: unknown, requestId: string): ServerError {
  if (isServerError(thrown)) return thrown;
  if (isPingError(thrown, 'BATCH_TOO_LARGE'))
    return new ServerError('TOO_LARGE', plainMessage(thrown), { cause: thrown });
  if (isPingError(thrown)) return new ServerError('PING_MALFORMED', plainMessage(thrown), { cause: thrown });
  const { statusCode, message } = thrown as { statusCode?: unknown; message?: unknown };
  if (statusCode === 413)
    return new ServerError('TOO_LARGE', 'The body is larger than this server reads. Send fewer pings at once.');
  if (statusCode === 415)
    return new ServerError(
      'UNSUPPORTED_MEDIA_TYPE',
      'Send application/json, or application/octet-stream for a payload.',
    );
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new ServerError(
      'BAD_REQUEST',
      `The request cannot be read (${String(message)}). See /v1/openapi.json for what it must be.`,
    );
  }
  return new ServerError(
    'INTERNAL',
    `Something failed that should not have. Look for the request ${requestId} in the server's log.`,
    { cause: thrown },
  );
}

/** Without the query: it is the sender's text, and an answer should not repeat more of that than needed. */
function pathOf(url: string): string {
  return url.split('?', 1)[0]?.slice(0, 200) ?? '';
}
