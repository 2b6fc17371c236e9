import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Sql } from '../database/database.ts';
import type { Role } from './users.ts';

/** A working day; then a person signs in again. */
export const sessionLifetimeMs = 12 * 3_600_000;

/** A person who signed in. */
export interface Session {
  readonly name: string;
  readonly role: Role;
  /** Epoch ms. */
  readonly expiresAt: number;
}

/** Who signed in: a row of `users`, or somebody whom an identity provider vouches for. */
export interface SessionOwner {
  readonly userId: string | null;
  readonly name: string;
  readonly role: Role;
}

/** Begins a session. The secret is for the cookie and is kept as its hash only. Sessions that have ended are cleared away. */
export async function beginSession(
  sql: Sql,
  owner: SessionOwner,
  now: number,
): Promise<{ secret: string; session: Session }> {
  const secret = randomBytes(32).toString('base64url');
  const session = { name: owner.name, role: owner.role, expiresAt: now + sessionLifetimeMs };
  await sql.query('delete from sessions where expires_at <= $1', [now]);
  await sql.query(
    'insert into sessions (hash, user_id, name, role, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)',
    [hashOf(secret), owner.userId, owner.name, owner.role, now, session.expiresAt],
  );
  return { secret, session };
}

/** The session that the secret opens, where it has not ended. */
export async function findSession(sql: Sql, secret: string, now: number): Promise<Session | undefined> {
  const { rows } = await sql.query<Session>(
    'select name, role, expires_at as "expiresAt" from sessions where hash = $1 and expires_at > $2',
    [hashOf(secret), now],
  );
  return rows[0];
}

/** Ends a session for every server. */
export async function endSession(sql: Sql, secret: string): Promise<void> {
  await sql.query('delete from sessions where hash = $1', [hashOf(secret)]);
}

/**
 * What a page of ours must send with whatever changes something. It comes from the secret one way, so that it need not be kept, and a page of
 * another origin can read neither.
 */
export function csrfOf(secret: string): string {
  return createHash('sha256').update('klpkit csrf\0').update(secret).digest('base64url');
}

/** Compares without telling by its time how much of it was right. */
export function isCsrfOf(secret: string, sent: string): boolean {
  const [expected, given] = [Buffer.from(csrfOf(secret)), Buffer.from(sent)];
  return expected.length === given.length && timingSafeEqual(expected, given);
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
