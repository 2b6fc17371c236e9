import { readFileSync } from 'node:fs';
import { errnoOf } from './errno.ts';
import type { KernelRoot } from './options.ts';

/** Longest list read; a machine under heavy tracing has thousands of probes. */
const maxListChars = 16 * 1024 * 1024;

/**
 * Functions with a kprobe, from debugfs (kernel/kprobes.c, show_kprobe_addr): lines as
 * `ffffffff812c0b60  k  vfs_read+0x0  [FTRACE]`. Empty where debugfs is not mounted or readable: a probe can then not be told.
 */
export function findProbes(root: KernelRoot): ReadonlySet<string> {
  try {
    const list = readFileSync(`${root.sysfs}/kernel/debug/kprobes/list`, 'latin1').slice(0, maxListChars);
    const names = list.split('\n').map((line) => /^[0-9a-f]+\s+[kr]\s+([^\s+]+)\+0x/.exec(line)?.[1]);
    return new Set(names.filter((name) => name !== undefined));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return new Set();
  }
}
