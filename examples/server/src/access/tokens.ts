import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Sql } from '../database/database.ts';
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

/** Those of the names (see {@link tokenName}) that belong to tokens which were not revoked, with their tokens. */
export async function loadTokens(sql: Sql, names: readonly string[]): Promise<ReadonlyMap<string, TokenInfo>> {
  const { rows } = await sql.query<TokenInfo & { hash: Buffer }>(
    `select ${columns}, hash from tokens where hash = any($1::bytea[]) and revoked_at is null`,
    [names.map((name) => Buffer.from(name, 'base64'))],
  );
  return new Map(rows.map(({ hash, ...info }) => [hash.toString('base64'), info]));
}

/** What a token is looked up by. Made of its hash, so that comparing takes the same time for every wrong one. */
export function tokenName(token: string): string {
  return hashOf(token).toString('base64');
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
