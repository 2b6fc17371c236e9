import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { QualificationReport } from '../qualification-report.ts';
import type { TestClass } from '../regression-report.ts';
import type { Verdict } from '../verdict.ts';

/** Media type of an in-toto statement in an envelope. */
export const statementMediaType = 'application/vnd.in-toto+json';

/** Type of the statement (in-toto attestation framework, v1). */
export const statementType = 'https://in-toto.io/Statement/v1';

/** Type of the predicate: in-toto's own for test results, with one field more, `klpkit`. */
export const predicateType = 'https://in-toto.io/attestation/test-result/v0.1';

/** Most names in one list of tests; `klpkit.tests` has the counts of all. */
const maxNames = 10_000;

/** Most reasons that are kept. */
const maxReasons = 1000;

const digest = z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const text = z.string().max(65_536);
const count = z.int().min(0);

/** What klpkit adds to in-toto's predicate. Its fields are the same that the report has; fields may be added, so unknown ones are let pass. */
const klpkitSchema = z.object({
  version: z.literal(1),
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  reasons: z.array(z.object({ code: z.string().max(64), weight: z.enum(['fails', 'doubts', 'notes']), message: text })),
  kernel: z.object({ release: z.string().min(1).max(255), arch: z.string().max(64), origin: text, sha256: z.string() }),
  patch: z.object({ module: z.string().max(255), sha256: digest.shape.sha256, size: count }),
  startedAt: count,
  finishedAt: count,
  runs: z.object({ unpatched: count, patched: count }).nullable(),
  tests: z.record(z.string(), count),
});

/** A statement, closed where in-toto closes it. */
export const statementSchema = z.object({
  _type: z.literal(statementType),
  subject: z.array(z.object({ name: text, digest: z.object({ sha256: digest.shape.sha256 }) })).length(1),
  predicateType: z.literal(predicateType),
  predicate: z.object({
    result: z.enum(['PASSED', 'WARNED', 'FAILED']),
    configuration: z.array(z.object({ name: text, digest: z.object({ sha256: z.string() }) })),
    klpkit: klpkitSchema,
  }),
});

/** What a statement says, once it was read. */
export type Statement = z.infer<typeof statementSchema>;

/** Lower-case hex SHA-256. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Where a class of tests is listed. A suspect one is warned of; the verdict is not `pass` then. */
const listOf: Readonly<Record<TestClass, 'passedTests' | 'warnedTests' | 'failedTests' | undefined>> = {
  pass: 'passedTests',
  fixed: 'passedTests',
  flaky: 'warnedTests',
  failing: 'warnedTests',
  new: 'warnedTests',
  suspect: 'warnedTests',
  regression: 'failedTests',
  vanished: 'failedTests',
  slower: 'failedTests',
  skipped: undefined,
};

/** WARNED means "passed with warnings" to whoever reads the predicate without us, so that only a `pass` may become one. */
function resultOf(verdict: Verdict, hasNotes: boolean): 'PASSED' | 'WARNED' | 'FAILED' {
  if (verdict !== 'pass') return 'FAILED';
  return hasNotes ? 'WARNED' : 'PASSED';
}

function testLists({ load, regression }: QualificationReport): Record<string, string[]> {
  const lists: Record<string, string[]> = { passedTests: [], warnedTests: [], failedTests: [] };
  for (const { title, outcome } of load.steps)
    if (outcome !== 'not-run') lists[outcome === 'ok' ? 'passedTests' : 'failedTests']?.push(`load test: ${title}`);
  for (const test of regression?.tests ?? []) lists[listOf[test.class] ?? '']?.push(test.name);
  return Object.fromEntries(Object.entries(lists).map(([name, names]) => [name, names.slice(0, maxNames)]));
}

function countsOf({ regression }: QualificationReport): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const test of regression?.tests ?? []) counts[test.class] = (counts[test.class] ?? 0) + 1;
  return counts;
}

/** The statement about a report; `reportBytes` is the report as it is kept, for its digest. */
export function statementOf(report: QualificationReport, reportBytes: Uint8Array): Statement {
  const { kernel, patch, verdict, reasons, startedAt, finishedAt, regression } = report;
  const configuration = [
    { name: `kernel ${kernel.release}`, digest: { sha256: kernel.sha256 } },
    { name: 'report.json', digest: { sha256: sha256(reportBytes) } },
  ];
  return {
    _type: statementType,
    subject: [{ name: `${patch.module}.ko`, digest: { sha256: patch.sha256 } }],
    predicateType,
    predicate: {
      result: resultOf(verdict, reasons.length > 0),
      configuration,
      ...testLists(report),
      klpkit: {
        version: 1,
        verdict,
        reasons: reasons.slice(0, maxReasons),
        kernel,
        patch,
        startedAt,
        finishedAt,
        runs: regression?.runs ?? null,
        tests: countsOf(report),
      },
    },
  };
}
