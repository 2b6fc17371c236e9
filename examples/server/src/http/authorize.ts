import type { FastifyRequest } from 'fastify';
import type { TokenInfo, TokenRole } from '../access/tokens.ts';
import { ServerError } from '../errors.ts';
import type { Services } from '../services.ts';

/** The token that a request carries, not yet checked. */
export function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer ([\x21-\x7e]{1,256})$/.exec(request.headers.authorization ?? '')?.[1];
}

/**
 * The record of the request's token.
 *
 * @throws ServerError `UNAUTHORIZED` without a good token, `FORBIDDEN` with one of another role.
 */
export async function authorize(
  request: FastifyRequest,
  services: Services,
  roles: readonly TokenRole[],
): Promise<TokenInfo> {
  const token = bearerOf(request);
  if (token === undefined)
    throw new ServerError('UNAUTHORIZED', 'This needs a token: send the header "authorization: Bearer TOKEN".');
  const info = await services.tokens.find(token);
  if (info === undefined)
    throw new ServerError(
      'UNAUTHORIZED',
      'This token is not known here, or it was revoked or has expired. Ask an administrator for a new one.',
    );
  if (roles.includes(info.role)) return info;
  throw new ServerError('FORBIDDEN', `This token has the role ${info.role}; one of ${roles.join(', ')} is needed.`);
}
