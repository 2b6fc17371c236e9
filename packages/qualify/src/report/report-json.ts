import * as z from 'zod';
import { QualifyError } from '../error.ts';
import { type QualificationReport, reportVersion } from '../qualification-report.ts';

/** Most characters of a report that is read. */
const maxReportCharacters = 67_108_864;

const verdict = z.enum(['pass', 'fail', 'inconclusive']);
const reasons = z.array(
  z.looseObject({ code: z.string(), weight: z.enum(['fails', 'doubts', 'notes']), message: z.string() }),
);
const counter = z.looseObject({ tainted: z.number(), oops: z.number().nullable(), warn: z.number().nullable() });
const stepSchema = z.looseObject({
  kind: z.string(),
  title: z.string(),
  outcome: z.enum(['ok', 'failed', 'not-run']),
  durationMs: z.number(),
  detail: z.string(),
  incidents: z.array(z.looseObject({ kind: z.string(), title: z.string(), attribution: z.string(), line: z.string() })),
  before: counter.nullable(),
  after: counter.nullable(),
  functions: z.array(
    z.looseObject({ object: z.string(), name: z.string(), sympos: z.number(), redirected: z.boolean() }),
  ),
  work: z.array(
    z.looseObject({ name: z.string(), rounds: z.number(), failures: z.number(), medianMs: z.number().nullable() }),
  ),
});
const tally = z.looseObject({
  runs: z.number(),
  failed: z.number(),
  missing: z.number(),
  skipped: z.number(),
  slow: z.number(),
  medianMs: z.number().nullable(),
});
const testSchema = z.looseObject({
  name: z.string(),
  class: z.string(),
  unpatched: tally,
  patched: tally,
  adjustedP: z.number(),
  slowdown: z.number().nullable(),
  lastFailure: z.string(),
});
const reportSchema = z.looseObject({
  version: z.literal(reportVersion),
  verdict,
  reasons,
  kernel: z.looseObject({ release: z.string(), arch: z.string(), origin: z.string(), sha256: z.string() }),
  patch: z.looseObject({ module: z.string(), sha256: z.string(), size: z.number() }),
  startedAt: z.number(),
  finishedAt: z.number(),
  load: z.looseObject({
    verdict,
    reasons,
    accelerator: z.string().nullable(),
    steps: z.array(stepSchema),
    console: z.string(),
  }),
  regression: z
    .looseObject({
      verdict,
      reasons,
      finished: z.boolean(),
      runs: z.looseObject({ unpatched: z.number(), patched: z.number() }),
      tests: z.array(testSchema),
    })
    .nullable(),
});

/**
 * The report as JSON, indented, with a newline at its end. These bytes are what evidence names by digest, so keep them as they are.
 *
 * @example
 * ```ts
 * import { parseReport, reportToJson, type QualificationReport } from '@klpkit/qualify';
 *
 * export const copy = (report: QualificationReport): QualificationReport => parseReport(reportToJson(report));
 * ```
 */
export function reportToJson(report: QualificationReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

/**
 * Reads a report back, as to make the page of it. It is not trusted for that: evidence is.
 *
 * @throws {@link QualifyError} `TOO_LARGE`, `MALFORMED_REPORT` with the path of the first fault.
 * @example
 * ```ts
 * import { parseReport, reportToHtml } from '@klpkit/qualify';
 *
 * export const pageOf = (json: string): string => reportToHtml(parseReport(json));
 * ```
 */
export function parseReport(json: string): QualificationReport {
  if (json.length > maxReportCharacters)
    throw new QualifyError('TOO_LARGE', `A report of more than ${maxReportCharacters} characters is not read.`);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new QualifyError('MALFORMED_REPORT', 'This is not JSON: check which file was given.', { cause });
  }
  const parsed = reportSchema.safeParse(value);
  // What the schema lets pass are words that a newer version may know; they are shown as they are.
  if (parsed.success) return parsed.data as unknown as QualificationReport;
  const issue = parsed.error.issues[0];
  const path = issue?.path.map(String).join('.') ?? '';
  throw new QualifyError(
    'MALFORMED_REPORT',
    `This is no report of a qualification (${path}: ${issue?.message ?? ''}).`,
    {
      cause: parsed.error,
    },
  );
}
