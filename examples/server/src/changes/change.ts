import { z } from 'zod';

const changeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('act'),
    seq: z.int(),
    at: z.int(),
    actor: z.string(),
    action: z.string(),
    release: z.string().nullable(),
  }),
  z.strictObject({ kind: z.literal('counts'), releases: z.array(z.string()).nullable() }),
  z.strictObject({ kind: z.literal('resync') }),
]);

/**
 * Something that an open page wants to know.
 *
 * - `act`: an audit row was written; what machines are told may have changed.
 * - `counts`: evidence of these releases changed; `null` where they are too many to name.
 * - `resync`: changes may have been missed (the first one of every stream, after a lost connection, and where a reader was too slow):
 *   read everything anew.
 */
export type Change = z.infer<typeof changeSchema>;

/** Releases that one `counts` names: a notice of PostgreSQL holds less than 8000 bytes, a release key at most 130. */
const maxNamed = 40;

/** Says that the evidence of these releases changed. */
export function countsChange(releases: readonly string[]): Change {
  return { kind: 'counts', releases: releases.length > maxNamed ? null : [...releases] };
}

/** Reads a notice. One that this version does not know (a newer server beside it said it) is a reason to look anew. */
export function parseChange(text: string): Change {
  try {
    return changeSchema.parse(JSON.parse(text));
  } catch {
    return { kind: 'resync' };
  }
}
