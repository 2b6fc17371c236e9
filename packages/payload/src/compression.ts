/** How a file as shipped is compressed. */
export type Compression = 'none' | 'gzip' | 'xz' | 'zstd';

const magics: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

/** Tells how a file is compressed by its first bytes. */
export function compressionOf(bytes: Uint8Array): Compression {
  return magics.find(([, magic]) => magic.every((byte, index) => bytes[index] === byte))?.[0] ?? 'none';
}
