import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { listTokens, makeToken, revokeToken } from '../access/tokens.ts';
import { roles } from '../access/users.ts';
import { appendAudit } from '../database/audit.ts';
import { ServerError } from '../errors.ts';
import type { AdminContext } from './admin-routes.ts';
import { tierSchema } from './machine-routes.ts';

const common = {
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}$/, 'must be a short plain name'),
  expiresAt: z.int().min(1).nullable().default(null),
};
const tokenBody = z.discriminatedUnion('role', [
  z.strictObject({ ...common, role: z.literal('tier'), tier: tierSchema }),
  z.strictObject({ ...common, role: z.enum(roles), tier: z.null().default(null) }),
]);
const idParams = z.strictObject({ id: z.uuid() });

/** Makes, lists and revokes tokens. */
export function addTokenRoutes(app: FastifyInstance, context: AdminContext): void {
  const onRequest = context.only('admin');
  app.get('/tokens', { onRequest, schema: { summary: 'Every token; none of their secrets.' } }, async () => ({
    tokens: await listTokens(context.services.database),
  }));
  app.post<{ Body: z.infer<typeof tokenBody> }>(
    '/tokens',
    { onRequest, schema: { summary: 'Makes a token. It is told this once.', body: tokenBody } },
    async (request, reply) => reply.code(201).send(await make(request.body, context, context.actorOf(request))),
  );
  app.delete<{ Params: z.infer<typeof idParams> }>(
    '/tokens/:id',
    { onRequest, schema: { summary: 'Revokes a token.', params: idParams } },
    async (request, reply) => {
      await revoke(request.params.id, context, context.actorOf(request));
      return reply.code(204).send();
    },
  );
}

function make(body: z.infer<typeof tokenBody>, { services }: AdminContext, actor: string): Promise<{ token: string }> {
  const now = services.config.clock();
  return services.database.transaction(async (sql) => {
    const { token, info } = await makeToken(sql, body, now);
    await appendAudit(sql, { at: now, actor, action: 'token-made', release: null, detail: { ...info } });
    return { token, ...info };
  });
}

async function revoke(id: string, { services }: AdminContext, actor: string): Promise<void> {
  const now = services.config.clock();
  await services.database.transaction(async (sql) => {
    if (!(await revokeToken(sql, id, now))) {
      throw new ServerError('TOKEN_UNKNOWN', 'There is no such token. GET /v1/admin/tokens lists them.');
    }
    await appendAudit(sql, { at: now, actor, action: 'token-revoked', release: null, detail: { id } });
  });
  services.tokens.forget();
}
