import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as oidc from 'openid-client';
import { z } from 'zod';
import { beginSession, sessionLifetimeMs } from '../access/sessions.ts';
import { type Role, roles } from '../access/users.ts';
import type { OidcSettings } from '../config.ts';
import { appendAudit } from '../database/audit.ts';
import { isServerError, ServerError } from '../errors.ts';
import type { Services } from '../services.ts';
import { answerError } from './error-answers.ts';
import { setSessionCookie } from './session-cookie.ts';

/** What has to be known again when the browser comes back. It lies in a cookie, so that any server can take the answer. */
const attemptSchema = z.strictObject({ state: z.string(), nonce: z.string(), verifier: z.string() });
type Attempt = z.infer<typeof attemptSchema>;

const attemptCookie = '__Host-klpkit-oidc';
const attributes = { name: attemptCookie, path: '/', httpOnly: true, secure: true, sameSite: 'lax' } as const;
/** A person who needs longer at the identity provider begins again. */
const attemptLifetimeS = 600;
const callbackPath = '/v1/session/oidc/callback';

/** Signing in at an identity provider (OpenID Connect, authorization code with PKCE). */
export function addOidcRoutes(app: FastifyInstance, services: Services): void {
  const settings = services.config.oidc;
  if (settings === undefined) return;
  const config = { rateLimit: { max: services.config.limits.signInsPerMinute } };
  const redirectUri = new URL(callbackPath, settings.publicUrl).href;
  const provider = discoverOnce(settings);
  app.get(
    '/v1/session/oidc',
    { config, errorHandler: tellPerson, schema: { summary: 'Signs in at the identity provider.' } },
    async (_request, reply) => {
      const attempt = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() };
      const url = oidc.buildAuthorizationUrl(await provider(), {
        redirect_uri: redirectUri,
        scope: settings.scope,
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
      });
      keepAttempt(reply, attempt);
      return reply.redirect(url.href);
    },
  );
  app.get(
    callbackPath,
    {
      config,
      errorHandler: tellPerson,
      schema: { summary: 'Where the identity provider sends the browser back to.' },
    },
    async (request, reply) => {
      const claims = await claimsOf(request, { provider: await provider(), redirectUri });
      const { secret } = await beginFor(claims, services, settings);
      setSessionCookie(reply, secret, sessionLifetimeMs);
      return reply.redirect('/');
    },
  );
}

/** A browser would show JSON as it is: there the page says it in words, and the person can try again. */
function tellPerson(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const isBrowser = /\btext\/html\b/.test(request.headers.accept ?? '');
  if (!isBrowser || !isServerError(error)) {
    void answerError(error, request, reply);
    return;
  }
  request.log.warn({ code: error.code, requestId: request.id }, 'a sign-in at the identity provider was refused');
  void reply.redirect(`/dashboard/?sign-in=${error.code}`);
}

/** Asks the provider for its endpoints when somebody first signs in: a server starts without it. */
function discoverOnce(settings: OidcSettings): () => Promise<oidc.Configuration> {
  let known: Promise<oidc.Configuration> | undefined;
  const issuer = new URL(settings.issuer);
  // Configuration lets plain HTTP through for this machine's own addresses alone.
  const options = issuer.protocol === 'http:' ? { execute: [oidc.allowInsecureRequests] } : {};
  return () => {
    known ??= oidc
      .discovery(issuer, settings.clientId, settings.clientSecret, undefined, options)
      .catch((cause: unknown) => {
        known = undefined;
        throw refused('The identity provider does not answer. Sign in with a password, or try again later', cause);
      });
    return known;
  };
}

async function claimsOf(
  request: FastifyRequest,
  { provider, redirectUri }: { provider: oidc.Configuration; redirectUri: string },
): Promise<oidc.IDToken> {
  const attempt = attemptOf(request);
  const url = new URL(redirectUri);
  url.search = new URL(request.url, redirectUri).search;
  try {
    const tokens = await oidc.authorizationCodeGrant(provider, url, {
      pkceCodeVerifier: attempt.verifier,
      expectedState: attempt.state,
      expectedNonce: attempt.nonce,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (claims !== undefined) return claims;
    throw new TypeError('the provider sent no ID token');
  } catch (cause) {
    throw refused('The identity provider’s answer is not accepted. Begin again', cause);
  }
}

/** The highest role that one of the person's groups gives. No group, no session. */
async function beginFor(
  claims: oidc.IDToken,
  { database, config }: Services,
  settings: OidcSettings,
): Promise<{ secret: string }> {
  const claim = claims[settings.groupsClaim];
  const groups = new Set<unknown>(Array.isArray(claim) ? claim : [claim]);
  const role = roles.findLast((one: Role) => settings.roles[one]?.some((group) => groups.has(group)));
  const name = nameOf(claims);
  if (role === undefined)
    throw new ServerError('FORBIDDEN', `${name} is in no group that may sign in here. Ask an administrator for it.`);
  const now = config.clock();
  return database.transaction(async (sql) => {
    const { secret } = await beginSession(sql, { userId: null, name: `${name}@oidc`, role }, now);
    const detail = { issuer: settings.issuer, subject: claims.sub, role };
    await appendAudit(sql, { at: now, actor: `user:${name}@oidc`, action: 'signed-in', release: null, detail });
    return { secret };
  });
}

/** Marked as the provider's, so that nobody there takes the name of somebody here. */
function nameOf({ sub, preferred_username: name, email }: oidc.IDToken): string {
  const first = [name, email].find((one): one is string => typeof one === 'string' && one !== '');
  return (first ?? sub).replaceAll(/[^A-Za-z0-9._@-]/g, '-').slice(0, 64);
}

function keepAttempt(reply: FastifyReply, attempt: Attempt): void {
  const value = Buffer.from(JSON.stringify(attempt)).toString('base64url');
  reply.header('set-cookie', stringifySetCookie({ ...attributes, value, maxAge: attemptLifetimeS }));
}

function attemptOf(request: FastifyRequest): Attempt {
  const value = parseCookie(request.headers.cookie ?? '')[attemptCookie] ?? '';
  try {
    return attemptSchema.parse(JSON.parse(Buffer.from(value, 'base64url').toString()));
  } catch (cause) {
    throw refused('Nobody began to sign in here, or it took too long. Begin again', cause);
  }
}

function refused(what: string, cause: unknown): ServerError {
  return new ServerError('UNAUTHORIZED', `${what}: GET /v1/session/oidc.`, { cause });
}
