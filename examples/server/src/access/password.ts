import { hash, verify } from '@node-rs/argon2';
import { ServerError } from '../errors.ts';

/** argon2id with the least that OWASP's password storage cheat sheet (2025) recommends: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Each hash takes 19 MiB and a core for some 20 ms: more than so many at once would be a way to stop the server. */
const maxAtOnce = 2;
const maxWaiting = 32;

/** A good hash of something that nobody knows: a name that does not exist must take as long as one that does. */
const decoy = hash(crypto.randomUUID(), cost);

/** Hashes passwords and compares them. */
export interface Passwords {
  hash(password: string): Promise<string>;
  /** Takes the same time where `stored` is `null`. */
  matches(stored: string | null, password: string): Promise<boolean>;
}

/** Passwords with a bound on how many are worked on at once. */
export function createPasswords(): Passwords {
  let running = 0;
  const waiting: (() => void)[] = [];
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (waiting.length >= maxWaiting) {
      throw new ServerError('OVERLOADED', 'Too many people sign in at once. Try again in a few seconds.');
    }
    if (running >= maxAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // A turn is handed on, so that nobody who comes in between takes it.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
  return {
    hash: (password) => inTurn(() => hash(password, cost)),
    matches: (stored, password) =>
      inTurn(async () => {
        const isEqual = await verify(stored ?? (await decoy), password);
        return isEqual && stored !== null;
      }),
  };
}
