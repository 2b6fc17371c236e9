import type * as z from 'zod';
import { PingError, type PingErrorCode } from './error.ts';
import { pingLimits } from './limits.ts';
import { pingSchema } from './ping-schema.ts';
import type { Ping } from './ping.ts';

/**
 * Reads one ping out of parsed JSON.
 *
 * @throws PingError `MALFORMED_PING` with everything that is wrong in `issues`. Neither the message nor the issues repeat a value.
 * @example
 * ```ts
 * import { parsePing } from '@klpkit/pings';
 *
 * const ping = parsePing({
 *   kind: 'before', id: crypto.randomUUID(), attemptId: crypto.randomUUID(), release: 'lp-6.1-3',
 *   kernel: '6.1.0-50-cloud-amd64', arch: 'x86_64', tier: 'updates', sentAt: Date.now(),
 * });
 * ```
 */
export function parsePing(json: unknown): Ping {
  return read(json, 'MALFORMED_PING', []);
}

/**
 * Reads a batch, `{ pings: […] }`, of 1 to 256 pings (`pingLimits.batch`). One malformed ping refuses the batch: a client that sends one is
 * broken, and half a batch taken would have to be told apart from a whole one.
 *
 * @throws PingError `MALFORMED_BATCH`, or `BATCH_TOO_LARGE` before any ping is looked at.
 * @example
 * ```ts
 * import { isPingError, parsePingBatch } from '@klpkit/pings';
 *
 * try {
 *   const pings = parsePingBatch({ pings: [] });
 *   console.log(pings.length);
 * } catch (error) {
 *   if (!isPingError(error, 'MALFORMED_BATCH')) throw error; // an empty batch says nothing
 * }
 * ```
 */
export function parsePingBatch(json: unknown): Ping[] {
  const pings = batchOf(json);
  if (pings.length > pingLimits.batch) {
    throw new PingError(
      'BATCH_TOO_LARGE',
      `A batch holds at most ${pingLimits.batch} pings: send the rest in another one.`,
    );
  }
  if (pings.length === 0)
    throw new PingError('MALFORMED_BATCH', 'A batch holds at least one ping: send nothing instead.');
  return pings.map((ping, index) => read(ping, 'MALFORMED_BATCH', ['pings', index]));
}

function batchOf(json: unknown): unknown[] {
  const isBatch = typeof json === 'object' && json !== null && 'pings' in json && Object.keys(json).length === 1;
  if (isBatch && Array.isArray(json.pings)) return json.pings;
  throw new PingError(
    'MALFORMED_BATCH',
    'A batch is an object with the one field `pings`, a list: check what sends it.',
  );
}

function read(json: unknown, code: PingErrorCode, at: readonly PropertyKey[]): Ping {
  const result = pingSchema.safeParse(json);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({ path: [...at, ...issue.path], message: messageOf(issue) }));
  const first = issues[0];
  const where = first === undefined ? 'it is not an object' : `${first.path.map(String).join('.')}: ${first.message}`;
  throw new PingError(code, `This is not a ping (${where}): check the version of what sends it.`, { issues });
}

/** An unknown key's name is the sender's text, and may be what must not be logged: it is counted, not repeated. */
function messageOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'unrecognized_keys' ? `${issue.keys.length} unknown field(s)` : issue.message;
}
