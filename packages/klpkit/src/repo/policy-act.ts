import { setPublishPolicy } from '@klpkit/repository';
import { CliError } from '../cli-error.ts';
import type { Session } from '../command.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { readEvidenceKeys } from './evidence.ts';
import { type KeyOptions, openFolder } from './open.ts';

/** Options of `repo policy`. */
export interface PolicyOptions extends KeyOptions {
  readonly requireEvidence?: boolean;
  readonly freely?: boolean;
  readonly evidenceKey?: readonly string[];
}

/** `repo policy DIR`: says what every release must have from now on. */
export async function policy(session: Session, folder: string, options: PolicyOptions): Promise<ExitCode> {
  const requireEvidence = options.requireEvidence ?? false;
  if (requireEvidence === (options.freely ?? false))
    throw new CliError('USAGE', 'say either --require-evidence with --evidence-key, or --freely');
  const evidenceKeys = await readEvidenceKeys(session, options.evidenceKey ?? []);
  if (requireEvidence !== evidenceKeys.length > 0)
    throw new CliError('USAGE', '--require-evidence and --evidence-key go together: whose evidence counts?');
  const publisher = await openFolder(session, folder, options);
  const result = await setPublishPolicy(publisher, { requireEvidence, evidenceKeys });
  session.answer(
    { ok: true, ...result },
    requireEvidence ? 'from now on a release needs evidence that holds' : 'releases need no evidence from now on',
  );
  return exitCode.yes;
}
