import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createEvidence, type Qualification, reportToHtml, reportToJson, reportToJunit } from '@klpkit/qualify';
import { ioError, writeOutput } from './files.ts';

/** Where a qualification is written. */
export interface QualificationOutput {
  /** The folder. */
  readonly out: string;
  /** The same, as the user wrote it. */
  readonly shown: string;
  /** PEM of the key that signs the evidence. */
  readonly evidenceKey: string | undefined;
}

/** The files that were written, as the user would name them. */
export interface QualificationFiles {
  readonly report: string;
  readonly page: string;
  readonly junit: string;
  /** Every run of the tests, to be compared again. */
  readonly runs?: string;
  readonly evidence?: string;
  /** The signed patch, where it was signed here. */
  readonly patch?: string;
}

/** Makes the folder; before the long work, so that a place where nothing can be written is told at once. */
export async function prepareOutput({ out, shown }: Pick<QualificationOutput, 'out' | 'shown'>): Promise<void> {
  await mkdir(out, { recursive: true }).catch((error: unknown) => {
    throw ioError(shown, error);
  });
}

/** Writes what came out of a qualification into a folder. */
export async function writeQualification(
  { report, signed, runs }: Qualification,
  { out, shown, evidenceKey }: QualificationOutput,
): Promise<QualificationFiles> {
  const write = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeOutput(out, name, typeof content === 'string' ? new TextEncoder().encode(content) : content);
    return join(shown, name);
  };
  const reportBytes = new TextEncoder().encode(reportToJson(report));
  const evidence = evidenceKey === undefined ? undefined : createEvidence(report, { key: evidenceKey, reportBytes });
  return {
    report: await write('report.json', reportBytes),
    page: await write('report.html', reportToHtml(report)),
    junit: await write('junit.xml', reportToJunit(report)),
    ...(runs !== null && { runs: await write('runs.json', `${JSON.stringify(runs)}\n`) }),
    ...(evidence && { evidence: await write('evidence.json', evidence) }),
    ...(signed !== null && { patch: await write(`${report.patch.module}.ko`, signed) }),
  };
}
