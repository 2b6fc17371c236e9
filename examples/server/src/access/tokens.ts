import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Sql } from '../database/database.ts';
import type { Clock } from '../config.ts';
import type { Role } from './users.ts';

/** What a token allows: what a person of that role may do, or sending pings of one tier. */
export type TokenRole = Role | 'tier';

/** A token as it is listed. The token itself is known to its owner alone. */
export interface TokenInfo {
  readonly id: string;
  readonly name: string;
  readonly role: TokenRole;
  /** Only with the role `tier`. */
  readonly tier: string | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

/** What {@link makeToken} makes. */
export interface TokenRequest {
  readonly name: string;
  readonly role: TokenRole;
  readonly tier: string | null;
  readonly expiresAt: number | null;
}

const columns = `id, name, role, tier, created_at as "createdAt", expires_at as "expiresAt", revoked_at as "revokedAt"`;

/** Makes a token of 256 random bits. It is told once: only its hash is kept. */
export async function makeToken(
  sql: Sql,
  request: TokenRequest,
  now: number,
): Promise<{ token: string; info: TokenInfo }> {
  const token = `klp_${randomBytes(32).toString('base64url')}`;
  return { token, info: await storeToken(sql, { ...request, token }, now) };
}

/** Keeps the hash of a token that was made elsewhere. */
export async function storeToken(sql: Sql, request: TokenRequest & { token: string }, now: number): Promise<TokenInfo> {
  const { rows } = await sql.query<TokenInfo>(
    `insert into tokens (id, name, role, tier, hash, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (hash) do update set name = excluded.name returning ${columns}`,
    [randomUUID(), request.name, request.role, request.tier, hashOf(request.token), now, request.expiresAt],
  );
  const [info] = rows;
  if (info === undefined) throw new Error('the database returned no row for the token');
  return info;
}

/** Newest first. */
export async function listTokens(sql: Sql): Promise<readonly TokenInfo[]> {
  const { rows } = await sql.query<TokenInfo>(`select ${columns} from tokens order by created_at desc, id`);
  return rows;
}

/** Makes a token worthless from now on; tells whether there was one. */
export async function revokeToken(sql: Sql, id: string, now: number): Promise<boolean> {
  const { rowCount } = await sql.query('update tokens set revoked_at = coalesce(revoked_at, $2) where id = $1', [
    id,
    now,
  ]);
  return rowCount === 1;
}

/** Finds the owners of tokens. */
export interface TokenCheck {
  /** The token's record, where it is known, not revoked and not expired. */
  find(token: string): Promise<TokenInfo | undefined>;
  /** The id of a token that was good when it was last looked at; asks nobody. */
  remembered(token: string): string | undefined;
  /** Forgets what it remembers: a token was revoked here. */
  forget(): void;
}

/** A revocation on another server is seen after this time at the latest. */
const rememberMs = 10_000;

/**
 * Looks tokens up by their hash, so that comparing takes the same time for every wrong one. Remembers good tokens for some seconds,
 * and wrong ones not at all: there are as many of those as somebody likes to invent.
 */
export function createTokenCheck(sql: Sql, clock: Clock): TokenCheck {
  const known = new Map<string, { info: TokenInfo; until: number }>();
  const lookUp = async (token: string): Promise<TokenInfo | undefined> => {
    const hash = hashOf(token);
    const name = hash.toString('base64');
    const entry = known.get(name);
    if (entry !== undefined && entry.until > clock()) return entry.info;
    const { rows } = await sql.query<TokenInfo>(`select ${columns} from tokens where hash = $1`, [hash]);
    if (rows[0] === undefined) known.delete(name);
    else known.set(name, { info: rows[0], until: clock() + rememberMs });
    return rows[0];
  };
  return {
    find: async (token) => {
      const info = await lookUp(token);
      const isGood =
        info !== undefined && info.revokedAt === null && (info.expiresAt === null || info.expiresAt > clock());
      return isGood ? info : undefined;
    },
    remembered: (token) => known.get(hashOf(token).toString('base64'))?.info.id,
    forget: () => known.clear(),
  };
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
