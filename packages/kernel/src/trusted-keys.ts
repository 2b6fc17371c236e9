import { readFileSync } from 'node:fs';
import { errnoOf } from './errno.ts';
import type { KernelRoot } from './options.ts';

/** Longest list read. */
const maxListChars = 4 * 1024 * 1024;

/**
 * Last four bytes of the identifiers of the X.509 keys in /proc/keys, as lines end in `X509.rsa c455c813 []`
 * (crypto/asymmetric_keys/asymmetric_type.c, asymmetric_key_describe). Empty where none can be seen: only root sees the system's.
 */
export function listKeyTails(root: KernelRoot): readonly string[] {
  try {
    const list = readFileSync(`${root.procfs}/keys`, 'latin1').slice(0, maxListChars);
    const tails = list.split('\n').map((line) => /: X\.?509\.[a-z0-9-]+ ([0-9a-f]{8}) \[/.exec(line)?.[1]);
    return tails.filter((tail) => tail !== undefined);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}
