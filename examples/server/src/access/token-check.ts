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
 * Remembers good tokens for some seconds, and wrong ones not at all: there are as many of those as somebody likes to invent. Whatever is not
 * remembered is looked up by one query for everybody who waits at once; it begins after they came, so that a token counts as soon as it is made.
 */
export function createTokenCheck(sql: Sql, clock: Clock): TokenCheck {
  const known = new Map<string, { info: TokenInfo; until: number }>();
  let revocations = 0;
  const lookUp = shareLookUps(async (names) => {
    const before = revocations;
    const until = clock() + rememberMs;
    const found = await loadTokens(sql, names);
    for (const name of names) known.delete(name);
    // What was revoked here while the database was read may still be in it.
    if (before === revocations) for (const [name, info] of found) known.set(name, { info, until });
    return found;
  });
  const isGood = ({ expiresAt }: TokenInfo): boolean => expiresAt === null || expiresAt > clock();
  return {
    find: async (token) => {
      const name = tokenName(token);
      const entry = known.get(name);
      const info = entry !== undefined && entry.until > clock() ? entry.info : await lookUp(name);
      return info !== undefined && isGood(info) ? info : undefined;
    },
    remembered: (token) => known.get(tokenName(token))?.info.id,
    forget: () => {
      revocations += 1;
      known.clear();
    },
  };
}

/** Callers that come while one query is under way, or before the next may begin, share the next. */
function shareLookUps(
  load: (names: readonly string[]) => Promise<Tokens>,
): (name: string) => Promise<TokenInfo | undefined> {
  let begunAt = -leastPauseMs;
  let running: Promise<unknown> = Promise.resolve();
  let waiting = new Set<string>();
  let next: Promise<Tokens> | undefined;
  const begin = async (): Promise<Tokens> => {
    await running.catch(() => undefined);
    const waitMs = begunAt + leastPauseMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    begunAt = performance.now();
    const names = [...waiting];
    waiting = new Set();
    next = undefined;
    const loading = load(names);
    running = loading;
    return loading;
  };
  return async (name) => {
    waiting.add(name);
    next ??= begin();
    return (await next).get(name);
  };
}
