import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isStaticProgram } from './busybox.ts';

/** A 64-bit ELF header with program headers of these types. */
function elf(...types: number[]): Buffer {
  const head = Buffer.alloc(64 + types.length * 56);
  head.write('\x7fELF\x02', 'latin1');
  head.writeBigUInt64LE(64n, 32);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(types.length, 56);
  for (const [index, type] of types.entries()) head.writeUInt32LE(type, 64 + index * 56);
  return head;
}

describe('a program', () => {
  it('is static without an interpreter', () => {
    expect(isStaticProgram(elf(1, 1, 6))).toBe(true);
    expect(isStaticProgram(elf(6, 3, 1))).toBe(false);
    expect(isStaticProgram(readFileSync(process.execPath).subarray(0, 4096))).toBe(false);
  });

  it.each([
    ['empty', Buffer.alloc(0)],
    ['a script', Buffer.from(`#!/bin/sh\n${' '.repeat(80)}`)],
    ['a 32-bit program', Buffer.concat([Buffer.from('\x7fELF\x01', 'latin1'), Buffer.alloc(80)])],
    ['without program headers', elf()],
    ['cut before its program headers', elf(1).subarray(0, 70)],
  ])('that is %s is none', (_, bytes) => {
    expect(isStaticProgram(bytes)).toBe(false);
  });
});
