/** A source of numbers in [0, 1), the same ones for the same seed. */
export type Random = () => number;

/**
 * sfc32 (Chris Doty-Humphrey, PractRand): small, fast, and the same on every machine, because it works in 32-bit integers.
 *
 * @param seed 0 to 2^32 - 1.
 */
export function createRandom(seed: number): Random {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 16; round++) next();
  return () => (next() * 2_097_152 + (next() >>> 11)) / 9_007_199_254_740_992;
}
