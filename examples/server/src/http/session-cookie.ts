import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The prefix makes a browser refuse it unless it is Secure, for `/`, and of this host alone. */
const cookieName = '__Host-klpkit-session';

/** `lax` and not `strict`, so that the way back from an identity provider arrives signed in; {@link requireRole} asks for more. */
const attributes = { name: cookieName, path: '/', httpOnly: true, secure: true, sameSite: 'lax' } as const;

/** The secret of the session that a request carries, not yet checked. */
export function sessionSecretOf(request: FastifyRequest): string | undefined {
  const value = parseCookie(request.headers.cookie ?? '')[cookieName];
  return value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value) ? value : undefined;
}

/** Lets the browser keep the session until it ends. */
export function setSessionCookie(reply: FastifyReply, secret: string, lifetimeMs: number): void {
  const maxAge = Math.floor(lifetimeMs / 1000);
  reply.header('set-cookie', stringifySetCookie({ ...attributes, value: secret, maxAge }));
}

/** Makes the browser forget it. */
export function clearSessionCookie(reply: FastifyReply): void {
  reply.header('set-cookie', stringifySetCookie({ ...attributes, value: '', maxAge: 0 }));
}
