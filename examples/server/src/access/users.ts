import { randomUUID } from 'node:crypto';
import type { Sql } from '../database/database.ts';
import { ServerError } from '../errors.ts';

/** What a person or a token may do; each includes what stands before it. */
export const roles = ['viewer', 'operator', 'admin'] as const;

/** `viewer` reads; `operator` moves rollouts, blocks and lifts; `admin` publishes and gives out access. */
export type Role = (typeof roles)[number];

/** A person, as listed. */
export interface User {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: number;
}

const columns = `id, name, role, created_at as "createdAt"`;

/** Whether `has` allows what `needed` does. */
export function includesRole(has: Role, needed: Role): boolean {
  return roles.indexOf(has) >= roles.indexOf(needed);
}

/** @throws ServerError `USER_EXISTS` */
export async function makeUser(
  sql: Sql,
  user: { name: string; role: Role; passwordHash: string },
  now: number,
): Promise<User> {
  const { rows } = await sql.query<User>(
    `insert into users (id, name, role, password_hash, created_at) values ($1, $2, $3, $4, $5)
     on conflict (name) do nothing returning ${columns}`,
    [randomUUID(), user.name, user.role, user.passwordHash, now],
  );
  if (rows[0] !== undefined) return rows[0];
  throw new ServerError('USER_EXISTS', 'There is somebody of this name. Choose another, or remove that one first.');
}

/** In the order of their names. */
export async function listUsers(sql: Sql): Promise<readonly User[]> {
  const { rows } = await sql.query<User>(`select ${columns} from users order by name`);
  return rows;
}

/** Removes a person and ends the sessions; tells whether there was one. */
export async function removeUser(sql: Sql, name: string): Promise<boolean> {
  const { rowCount } = await sql.query('delete from users where name = $1', [name]);
  return rowCount === 1;
}

/** Who has this name, with the hash to compare with; for signing in. */
export async function findUser(sql: Sql, name: string): Promise<(User & { passwordHash: string | null }) | undefined> {
  const { rows } = await sql.query<User & { passwordHash: string | null }>(
    `select ${columns}, password_hash as "passwordHash" from users where name = $1`,
    [name],
  );
  return rows[0];
}
