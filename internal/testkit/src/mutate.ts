import { concat } from './elf-writer.ts';
import type { Random } from './random.ts';

/** Numbers at which parsers break. */
const edges = [0, 1, 0x7f, 0x80, 0x81, 0x82, 0xff] as const;

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

const at = (bytes: Uint8Array, random: Random): number => random.below(Math.max(bytes.length, 1));

const flipBit: Mutation = (bytes, random) => {
  const index = at(bytes, random);
  bytes[index] = (bytes[index] ?? 0) ^ (1 << random.below(8));
  return bytes;
};
const setByte: Mutation = (bytes, random) => {
  bytes[at(bytes, random)] = random.below(256);
  return bytes;
};
const setEdge: Mutation = (bytes, random) => {
  bytes[at(bytes, random)] = random.pick(edges);
  return bytes;
};
/** A whole field of an ELF header or a length. */
const setWord: Mutation = (bytes, random) => {
  const index = at(bytes, random) & ~3;
  for (let offset = 0; offset < 4 + 4 * random.below(2); offset++) {
    if (index + offset < bytes.length) bytes[index + offset] = random.pick([0, 0xff, random.below(256)]);
  }
  return bytes;
};
const cut: Mutation = (bytes, random) => bytes.slice(0, at(bytes, random));
const remove: Mutation = (bytes, random) => {
  const start = at(bytes, random);
  return concat(bytes.subarray(0, start), bytes.subarray(start + 1 + random.below(16)));
};
const duplicate: Mutation = (bytes, random) => {
  const start = at(bytes, random);
  const end = Math.min(bytes.length, start + 1 + random.below(64));
  return concat(bytes.subarray(0, end), bytes.subarray(start));
};
const insert: Mutation = (bytes, random) => {
  const start = at(bytes, random);
  const junk = Uint8Array.from({ length: 1 + random.below(8) }, () => random.below(256));
  return concat(bytes.subarray(0, start), junk, bytes.subarray(start));
};

const mutations = [
  flipBit,
  setByte,
  setEdge,
  setWord,
  flipBit,
  setByte,
  setEdge,
  cut,
  remove,
  duplicate,
  insert,
] as const;

const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

/** Damages bytes in one to four ways, so that they are not the same afterwards; the input stays as it is. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let mutated: Uint8Array = bytes.slice();
  for (let count = 1 + random.below(4); count > 0; count--) mutated = random.pick(mutations)(mutated, random);
  return same(mutated, bytes) ? mutate(bytes, random) : mutated;
}
