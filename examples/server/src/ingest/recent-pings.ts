import type { Ping } from '@klpkit/pings';

/** Remembers the pings that it was told of last, nearly all of the last few thousand. */
export interface RecentPings {
  has(ping: Pick<Ping, 'id' | 'sentAt'>): boolean;
  add(ping: Pick<Ping, 'id' | 'sentAt'>): void;
}

/** Each ping has one place, and takes it from the one that had it: of the last 6,000 a tenth is forgotten. A power of two. */
const places = 65_536;
/** Four of the id, two of the time. */
const wordsPerPlace = 6;
const bitsPerWord = 2 ** 32;

/**
 * Opens an empty memory of 1.5 MB. It is one block of numbers: thousands of short strings that live for a second each would be copied by
 * the garbage collector, and traced where they outlive two collections.
 */
export function createRecentPings(): RecentPings {
  const memory = new Uint32Array(places * wordsPerPlace);
  const key = new Uint32Array(wordsPerPlace);
  /** Writes the key and says where its place begins. */
  const locate = ({ id, sentAt }: Pick<Ping, 'id' | 'sentAt'>): number => {
    readUuid(id, key);
    key[4] = sentAt;
    key[5] = Math.floor(sentAt / bitsPerWord);
    // A version 4 UUID begins with 32 random bits (RFC 9562, 5.4). Whoever chooses them makes others forgotten, and gains nothing.
    return ((key[0] ?? 0) & (places - 1)) * wordsPerPlace;
  };
  return {
    has: (ping) => {
      const place = locate(ping);
      for (let index = 0; index < wordsPerPlace; index += 1) if (memory[place + index] !== key[index]) return false;
      return true;
    },
    add: (ping) => memory.set(key, locate(ping)),
  };
}

const dash = 45;
const nine = 57;

/** The 32 hexadecimal digits of a UUID, in four words. */
function readUuid(id: string, words: Uint32Array): void {
  let word = 0;
  let digits = 0;
  for (let index = 0; index < id.length; index += 1) {
    const code = id.charCodeAt(index);
    if (code === dash) continue;
    word = (word << 4) | (code <= nine ? code & 15 : (code & 7) + 9);
    digits += 1;
    if (digits % 8 === 0) words[digits / 8 - 1] = word;
  }
}
