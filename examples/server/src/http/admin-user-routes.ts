import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { createPasswords } from '../access/password.ts';
import { listUsers, makeUser, removeUser, roles, type User } from '../access/users.ts';
import { appendAudit } from '../database/audit.ts';
import { ServerError } from '../errors.ts';
import type { AdminContext } from './admin-routes.ts';

/** How people are called, in paths and audit rows. */
export const userNameSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, 'must be a short plain name');
/** Length is what counts (NIST SP 800-63B-4, 3.1.1.2: 15 without a second factor); the upper bound is for our own work. */
export const passwordSchema = z.string().min(15).max(256);
const userBody = z.strictObject({ name: userNameSchema, role: z.enum(roles), password: passwordSchema });
type UserBody = z.infer<typeof userBody>;
const nameParams = z.strictObject({ name: userNameSchema });

/** Makes, lists and removes people who sign in with a password. */
export function addUserRoutes(app: FastifyInstance, context: AdminContext): void {
  const onRequest = context.only('admin');
  const passwords = createPasswords();
  app.get('/users', { onRequest, schema: { summary: 'Everybody who may sign in.' } }, async () => ({
    users: await listUsers(context.services.database),
  }));
  app.post<{ Body: UserBody }>(
    '/users',
    { onRequest, schema: { summary: 'Lets somebody sign in with a password.', body: userBody } },
    async (request, reply) => {
      const passwordHash = await passwords.hash(request.body.password);
      return reply.code(201).send(await make({ ...request.body, passwordHash }, context, context.actorOf(request)));
    },
  );
  app.delete<{ Params: z.infer<typeof nameParams> }>(
    '/users/:name',
    { onRequest, schema: { summary: 'Removes somebody and ends the sessions.', params: nameParams } },
    async (request, reply) => {
      await remove(request.params.name, context, context.actorOf(request));
      return reply.code(204).send();
    },
  );
}

function make(user: UserBody & { passwordHash: string }, { services }: AdminContext, actor: string): Promise<User> {
  const now = services.config.clock();
  return services.database.transaction(async (sql) => {
    const made = await makeUser(sql, user, now);
    await appendAudit(sql, { at: now, actor, action: 'user-made', release: null, detail: { ...made } });
    return made;
  });
}

function remove(name: string, { services }: AdminContext, actor: string): Promise<void> {
  const now = services.config.clock();
  return services.database.transaction(async (sql) => {
    if (!(await removeUser(sql, name)))
      throw new ServerError('USER_UNKNOWN', 'There is nobody of this name. GET /v1/admin/users lists them.');
    await appendAudit(sql, { at: now, actor, action: 'user-removed', release: null, detail: { name } });
  });
}
