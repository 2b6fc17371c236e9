import type { FastifyRequest } from 'fastify';
import { findSession, isCsrfOf } from '../access/sessions.ts';
import { includesRole, type Role } from '../access/users.ts';
import { ServerError } from '../errors.ts';
import type { Services } from '../services.ts';
import { bearerOf } from './authorize.ts';
import { sessionSecretOf } from './session-cookie.ts';

/** Who asks. */
export interface Identity {
  /** As in audit rows: `token:NAME` or `user:NAME`. */
  readonly actor: string;
  readonly role: Role;
}

const identities = new WeakMap<FastifyRequest, Identity>();

/**
 * A hook (`onRequest` or `preHandler`) that lets nobody through without this role or one that includes it. Takes a bearer token, or the
 * session cookie; with the cookie whatever changes something needs the header `x-csrf-token` too.
 *
 * @example
 * ```ts
 * app.get('/v1/admin/things', { onRequest: requireRole(services, 'viewer') }, async (request) => ({ for: identityOf(request).actor }));
 * ```
 */
export function requireRole(services: Services, role: Role): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const identity = await identify(request, services);
    if (!includesRole(identity.role, role))
      throw new ServerError(
        'FORBIDDEN',
        `You have the role ${identity.role}; ${role} is needed. Ask an administrator for it.`,
      );
    identities.set(request, identity);
  };
}

/** Who a request that {@link requireRole} let through comes from. */
export function identityOf(request: FastifyRequest): Identity {
  const identity = identities.get(request);
  if (identity === undefined) throw new Error('identityOf was asked on a route without requireRole');
  return identity;
}

async function identify(request: FastifyRequest, services: Services): Promise<Identity> {
  // A token that was sent on purpose counts before a cookie that the browser adds by itself.
  if (request.headers.authorization !== undefined) return identifyToken(request, services);
  const secret = sessionSecretOf(request);
  const session =
    secret === undefined ? undefined : await findSession(services.database, secret, services.config.clock());
  if (secret === undefined || session === undefined)
    throw new ServerError(
      'UNAUTHORIZED',
      'This needs a token (header "authorization: Bearer TOKEN") or a session. Sign in again.',
    );
  refuseForeign(request, secret);
  return { actor: `user:${session.name}`, role: session.role };
}

async function identifyToken(request: FastifyRequest, services: Services): Promise<Identity> {
  const info = await services.tokens.find(bearerOf(request) ?? '');
  if (info === undefined)
    throw new ServerError(
      'UNAUTHORIZED',
      'This token is not known here, or it was revoked or has expired. Ask an administrator for a new one.',
    );
  if (info.role === 'tier')
    throw new ServerError('FORBIDDEN', 'This token has the role tier, which sends pings. Use another one here.');
  return { actor: `token:${info.name}`, role: info.role };
}

/** A page of another origin can make a browser send our cookie; it cannot know what belongs to it. */
function refuseForeign(request: FastifyRequest, secret: string): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const sent = request.headers['x-csrf-token'];
  const site = request.headers['sec-fetch-site'];
  const isOurs = site === undefined || site === 'same-origin' || site === 'none';
  if (isOurs && typeof sent === 'string' && isCsrfOf(secret, sent)) return;
  throw new ServerError(
    'CSRF_REFUSED',
    'A session needs the header x-csrf-token with what GET /v1/session tells, from a page of this server. Load the page anew.',
  );
}
