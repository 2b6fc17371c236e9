import * as z from 'zod';
import { QualifyError } from '../error.ts';
import type { TestStatus } from '../test-result.ts';
import type { ReadContext } from './tap-level.ts';
import { leaf, type TestNode } from './test-node.ts';

const statusOf: Readonly<Record<string, TestStatus>> = {
  pass: 'pass',
  fail: 'fail',
  brok: 'error',
  conf: 'skip',
  warn: 'fail',
};

const count = z.number().min(0).optional();
const resultSchema = z.object({
  test_fqn: z.string().min(1),
  status: z.string(),
  test: z
    .object({
      log: z.string().optional(),
      duration: z.number().min(0).optional(),
      failed: count,
      broken: count,
      retval: z.array(z.union([z.string(), z.number()])).optional(),
    })
    .optional(),
});
const reportSchema = z.object({ results: z.array(z.unknown()) });

function malformed(message: string, cause?: unknown): QualifyError {
  return new QualifyError('MALFORMED_RESULTS', `${message}: write the report again with kirk.`, { line: 1, cause });
}

function nodeOf(entry: unknown, index: number, { limits }: ReadContext): TestNode {
  const parsed = resultSchema.safeParse(entry);
  if (!parsed.success) throw malformed(`results[${index}] is not what kirk writes`, parsed.error);
  const { test_fqn: name, status: word, test } = parsed.data;
  const status = Object.hasOwn(statusOf, word) ? statusOf[word] : undefined;
  if (status === undefined) throw malformed(`results[${index}].status is not one that kirk has`);
  const log = test?.log ?? '';
  const reason = status === 'pass' ? '' : `exit ${(test?.retval ?? []).join(', ')}`;
  return leaf(name, log.includes('Test timeouted, sending SIGKILL') ? 'timeout' : status, {
    durationMs: test?.duration === undefined ? null : test.duration * 1000,
    reason,
    output: log.slice(-limits.maxOutput),
  });
}

/** Reads the JSON report of kirk, LTP's newer runner. */
export function readKirk(text: string, context: ReadContext): TestNode[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw malformed('This is not JSON', cause);
  }
  const parsed = reportSchema.safeParse(json);
  if (!parsed.success) throw malformed('There is no list of results', parsed.error);
  return parsed.data.results.map((entry, index) => {
    context.count(1);
    return nodeOf(entry, index, context);
  });
}
