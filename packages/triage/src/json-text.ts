import type * as z from 'zod';
import { TriageError, type TriageErrorCode } from './error.ts';
import { findJsonFault } from './json-fault.ts';

/** `line 3, column 7` of an offset. */
function placeOf(text: string, offset: number, firstLine: number): string {
  let line = firstLine;
  let start = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
    start = at + 1;
  }
  return `line ${line}, column ${offset - start + 1}`;
}

/**
 * Parses JSON that nobody vouches for.
 *
 * @throws TriageError `MALFORMED_JSON` or `TOO_DEEP`, with line and column.
 */
export function parseJsonText(text: string, maxDepth: number, firstLine = 1): unknown {
  const fault = findJsonFault(text, maxDepth);
  if (fault === undefined) return JSON.parse(text);
  const at = placeOf(text, fault.offset, firstLine);
  if (fault.kind === 'depth') throw new TriageError('TOO_DEEP', `nested deeper than ${maxDepth} levels.`, { at });
  throw new TriageError('MALFORMED_JSON', 'this is not JSON: fetch the file again.', { at });
}

/** A JSON path: `$.containers.cna.affected[0]`. */
export function jsonPath(base: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((sum, step) => {
    if (typeof step === 'number') return `${sum}[${step}]`;
    const name = String(step);
    return /^[A-Za-z_]\w*$/.test(name) ? `${sum}.${name}` : `${sum}[${JSON.stringify(name.slice(0, 80))}]`;
  }, base);
}

/** Checks a value against a schema; the first thing that is wrong becomes the error, with its path. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, base: string, code: TriageErrorCode): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const at = jsonPath(base, issue?.path ?? []);
  const tooLong = issue?.code === 'too_big' && issue.origin === 'array';
  throw new TriageError(tooLong ? 'TOO_LARGE' : code, `${issue?.message ?? 'it is not what is expected'}.`, {
    at,
    cause: result.error,
  });
}
