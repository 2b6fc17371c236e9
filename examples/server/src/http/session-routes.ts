import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { createPasswords } from '../access/password.ts';
import { beginSession, csrfOf, endSession, findSession, type Session, sessionLifetimeMs } from '../access/sessions.ts';
import { findUser } from '../access/users.ts';
import { ServerError } from '../errors.ts';
import type { Services } from '../services.ts';
import { requireRole } from './access.ts';
import { clearSessionCookie, sessionSecretOf, setSessionCookie } from './session-cookie.ts';
import { passwordSchema, userNameSchema } from './admin-user-routes.ts';

const signInBody = z.strictObject({ name: userNameSchema, password: passwordSchema });
const sessionAnswer = z.object({
  name: z.string(),
  role: z.enum(['viewer', 'operator', 'admin']),
  csrf: z.string().describe('For the header x-csrf-token of whatever changes something.'),
  expiresAt: z.int(),
});

/** People sign in, look who they are, sign out. */
export function addSessionRoutes(app: FastifyInstance, services: Services): void {
  const passwords = createPasswords();
  const { database, config } = services;
  app.post<{ Body: z.infer<typeof signInBody> }>(
    '/v1/session',
    {
      config: { rateLimit: { max: config.limits.signInsPerMinute, keyGenerator: ({ ip }) => `sign-in ${ip}` } },
      schema: { summary: 'Signs in with a password.', body: signInBody, response: { 200: sessionAnswer } },
    },
    async (request, reply) => {
      const { name, password } = request.body;
      const user = await findUser(database, name);
      const isRight = await passwords.matches(user?.passwordHash ?? null, password);
      if (user === undefined || !isRight)
        throw new ServerError('UNAUTHORIZED', 'The name or the password is wrong. Try again.');
      const { secret, session } = await beginSession(database, { ...user, userId: user.id }, config.clock());
      return answerSession(reply, secret, session);
    },
  );
  app.get(
    '/v1/session',
    { schema: { summary: 'Who is signed in.', response: { 200: sessionAnswer } } },
    async (request) => {
      const { secret, session } = await openSessionOf(request, services);
      return { ...session, csrf: csrfOf(secret) };
    },
  );
  app.delete(
    '/v1/session',
    { onRequest: requireRole(services, 'viewer'), schema: { summary: 'Signs out.' } },
    async (request, reply) => {
      await endSession(database, sessionSecretOf(request) ?? '');
      clearSessionCookie(reply);
      return reply.code(204).send();
    },
  );
}

function answerSession(reply: FastifyReply, secret: string, session: Session): Record<string, unknown> {
  setSessionCookie(reply, secret, sessionLifetimeMs);
  return { ...session, csrf: csrfOf(secret) };
}

async function openSessionOf(
  request: FastifyRequest,
  { database, config }: Services,
): Promise<{ secret: string; session: Session }> {
  const secret = sessionSecretOf(request);
  const session = secret === undefined ? undefined : await findSession(database, secret, config.clock());
  if (secret !== undefined && session !== undefined) return { secret, session };
  throw new ServerError('UNAUTHORIZED', 'Nobody is signed in. Sign in: POST /v1/session.');
}
