import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../config.ts';
import type { Sql } from '../database/database.ts';
import { loadTokens, type TokenInfo, tokenName } from './tokens.ts';

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
/** However many wrong tokens somebody invents, the database is asked no more often. Who brings one waits so long at most. */
const leastPauseMs = 100;

type Tokens = ReadonlyMap<string, TokenInfo>;

/**
 * Keeps the good tokens in memory for some seconds. One that is not among them may have been made just now on another server: all are read
 * anew, by a query that begins after it came, for everybody who waits at once.
 */
export function createTokenCheck(sql: Sql, clock: Clock): TokenCheck {
  let tokens: Tokens = new Map();
  let until = Number.NEGATIVE_INFINITY;
  let revocations = 0;
  const read = shareReading(async () => {
    const before = revocations;
    const now = clock();
    const found = await loadTokens(sql, now);
    // What was revoked here while the database was read may still be in it.
    if (before === revocations) [tokens, until] = [found, now + rememberMs];
    return found;
  });
  const isGood = ({ expiresAt }: TokenInfo): boolean => expiresAt === null || expiresAt > clock();
  return {
    find: async (token) => {
      const name = tokenName(token);
      const info = (until > clock() ? tokens.get(name) : undefined) ?? (await read()).get(name);
      return info !== undefined && isGood(info) ? info : undefined;
    },
    remembered: (token) => tokens.get(tokenName(token))?.id,
    forget: () => {
      revocations += 1;
      tokens = new Map();
      until = Number.NEGATIVE_INFINITY;
    },
  };
}

/** Callers that come while one reading is under way, or before the next may begin, share the next. */
function shareReading(load: () => Promise<Tokens>): () => Promise<Tokens> {
  let begunAt = -leastPauseMs;
  let running: Promise<unknown> = Promise.resolve();
  let next: Promise<Tokens> | undefined;
  const begin = async (): Promise<Tokens> => {
    await running.catch(() => undefined);
    const waitMs = begunAt + leastPauseMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    begunAt = performance.now();
    next = undefined;
    const loading = load();
    running = loading;
    return loading;
  };
  return () => (next ??= begin());
}
