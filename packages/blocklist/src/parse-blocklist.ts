import { kernelSchema, releaseKeySchema, sha256Schema, timeSchema } from '@klpkit/release';
import * as z from 'zod';
import type { BlockAction, BlockEntry, Blocklist, LiftedEntry, Lifts } from './blocklist.ts';
import { BlocklistError, type BlocklistErrorCode } from './error.ts';
import { blockActions, compareEntries, strictestAction } from './matching.ts';

/** Most entries, and most lifted entries, of one list: 10,000 entries are about 2 MB of JSON. */
export const maxEntries = 10_000;

const reason = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be lower case with dashes');
const counter = z.int().min(1);
const count = z.int().min(0);
const isKnown = (action: string): action is BlockAction => blockActions.some((known) => known === action);

const kernels = z.union([
  z.literal('*'),
  z
    .array(kernelSchema)
    .min(1)
    .max(1000)
    .refine((names) => new Set(names).size === names.length, 'must not name a kernel twice'),
]);

// CVE-2020-26541 was a denylist whose entries of an unknown type were skipped.
const statedAction = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be an action');

/** An entry; an unknown action becomes the strictest known one. A list that was parsed, kept and read again gives the same. */
export const entrySchema: z.ZodType<BlockEntry> = z
  .strictObject({
    release: releaseKeySchema,
    sha256: sha256Schema.nullable(),
    kernels,
    action: statedAction,
    statedAction: statedAction.exactOptional(),
    reason,
    since: timeSchema,
    evidence: z.strictObject({ n: count, failed: count, lnE: z.number() }).exactOptional(),
  })
  .transform(({ action, statedAction: kept, ...entry }): BlockEntry => {
    const stated = kept ?? action;
    return isKnown(stated) ? { ...entry, action: stated } : { ...entry, action: strictestAction, statedAction: stated };
  });

/** A lifted entry. */
export const liftedSchema: z.ZodType<LiftedEntry> = z.strictObject({
  release: releaseKeySchema,
  sha256: sha256Schema.nullable(),
  since: timeSchema,
  at: timeSchema,
  reason,
});

const entries = z
  .array(entrySchema)
  .max(maxEntries)
  .refine((list) => isSorted(list), 'must be sorted by release and digest, each once');

const blocklistSchema: z.ZodType<Blocklist> = z
  .strictObject({
    type: z.literal('blocklist'),
    spec: z.literal(1),
    epoch: counter,
    version: counter,
    issued: timeSchema,
    expires: timeSchema,
    previous: sha256Schema.nullable(),
    entries,
    lifted: z.array(liftedSchema).max(maxEntries),
  })
  .refine(({ issued, expires }) => issued < expires, { path: ['expires'], message: 'must be after issued' });

const liftsSchema: z.ZodType<Lifts> = z.strictObject({
  type: z.literal('blocklist-lifts'),
  spec: z.literal(1),
  epoch: counter,
  version: counter,
  entries: z.array(liftedSchema).max(maxEntries),
});

/**
 * Reads a blocklist out of parsed JSON. Closed but for one thing: an action that this version does not know is taken for the strictest
 * one and kept in `statedAction`, never skipped.
 *
 * @throws BlocklistError `MALFORMED_BLOCKLIST`, or `UNSUPPORTED_SPEC` for a document of a later specification. A client keeps the list it has.
 * @example
 * ```ts
 * import { emptyBlocklist, parseBlocklist } from '@klpkit/blocklist';
 *
 * const list = parseBlocklist(JSON.parse(JSON.stringify(emptyBlocklist(Date.now()))));
 * ```
 */
export function parseBlocklist(json: unknown): Blocklist {
  return read(blocklistSchema, json, 'MALFORMED_BLOCKLIST', 'a blocklist');
}

/**
 * Reads the document of the offline role that lifts entries.
 *
 * @throws BlocklistError `MALFORMED_LIFTS` or `UNSUPPORTED_SPEC`
 * @example
 * ```ts
 * import { parseLifts } from '@klpkit/blocklist';
 *
 * const lifts = parseLifts({ type: 'blocklist-lifts', spec: 1, epoch: 1, version: 1, entries: [] });
 * ```
 */
export function parseLifts(json: unknown): Lifts {
  return read(liftsSchema, json, 'MALFORMED_LIFTS', 'a list of lifted entries');
}

/** Reads any of this package's documents. */
export function read<T>(schema: z.ZodType<T>, json: unknown, code: BlocklistErrorCode, what: string): T {
  if (typeof json === 'object' && json !== null && 'spec' in json && typeof json.spec === 'number' && json.spec > 1) {
    throw new BlocklistError(
      'UNSUPPORTED_SPEC',
      'The document is of a later specification: upgrade this client; until then the list at hand counts.',
    );
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue === undefined ? '' : ` (${[...issue.path.map(String), issue.message].join(': ')})`;
  throw new BlocklistError(code, `This is not ${what}${where}: keep the one at hand and fetch it again.`, {
    cause: result.error,
  });
}

function isSorted(list: readonly Pick<BlockEntry, 'release' | 'sha256'>[]): boolean {
  return list.every((entry, index) => {
    const before = list[index - 1];
    return before === undefined || compareEntries(before, entry) < 0;
  });
}
