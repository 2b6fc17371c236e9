import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Qualification } from '@klpkit/qualify';
import { ioError, writeOutput } from './files.ts';

/** Where a qualification is written. */
export interface QualificationOutput {
  /** The folder; made where it is missing. */
  readonly out: string;
  /** The same, as the user wrote it. */
  readonly shown: string;
  /** PEM of the key that signs the evidence. */
  readonly evidenceKey: string | undefined;
}

/** The files that were written, as the user would name them. */
export interface QualificationFiles {
  readonly report: string;
  /** The signed patch, where it was signed here. */
  readonly patch?: string;
}

/** Writes what came out of a qualification into a folder. */
export async function writeQualification(
  { report, signed }: Qualification,
  { out, shown }: QualificationOutput,
): Promise<QualificationFiles> {
  await mkdir(out, { recursive: true }).catch((error: unknown) => {
    throw ioError(shown, error);
  });
  const write = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeOutput(out, name, typeof content === 'string' ? new TextEncoder().encode(content) : content);
    return join(shown, name);
  };
  return {
    report: await write('report.json', `${JSON.stringify(report, undefined, 1)}\n`),
    ...(signed !== null && { patch: await write(`${report.patch.module}.ko`, signed) }),
  };
}
