import { describeFor, exitOf } from './cli-error.ts';
import type { Session } from './command.ts';
import { type ExitCode, exitCode } from './exit-code.ts';

/**
 * Runs a command's work on each file. A file that cannot be read or is refused gives its own answer and does not keep the others
 * from theirs.
 *
 * @param refusal exit code for an error of a package; a file that cannot be read is always `usage`
 */
export async function perFile(
  session: Session,
  files: readonly string[],
  work: (file: string) => Promise<ExitCode>,
  refusal: ExitCode = exitCode.usage,
): Promise<ExitCode[]> {
  const codes: ExitCode[] = [];
  for (const file of files) {
    try {
      codes.push(await work(file));
    } catch (error) {
      const code = exitOf(error, refusal);
      const known = describeFor(code, error);
      if (known === undefined) throw error;
      session.answer({ file, ok: false, ...known }, `${file}: ${known.message} [${known.detail ?? known.code}]`);
      codes.push(code);
    }
  }
  return codes;
}
