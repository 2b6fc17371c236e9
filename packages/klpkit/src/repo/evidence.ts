import { verifyEvidence } from '@klpkit/qualify';
import type { EvidenceToCheck } from '@klpkit/repository';
import { CliError } from '../cli-error.ts';
import type { Session } from '../command.ts';
import { readInput } from '../files.ts';

/** Reads keys that may sign evidence, PEM. */
export function readEvidenceKeys(session: Session, paths: readonly string[]): Promise<string[]> {
  return Promise.all(
    paths.map(async (path) => {
      const pem = new TextDecoder().decode(await readInput(session.terminal.folder, path));
      if (pem.includes('PRIVATE KEY'))
        throw new CliError('USAGE', `${path} is a private key: give the public one, or the certificate`);
      return pem;
    }),
  );
}

/** Evidence for a release: judged under the repository's own keys where it names any, and under those of the command line. */
export async function readEvidence(
  session: Session,
  path: string,
  keyPaths: readonly string[],
): Promise<EvidenceToCheck> {
  const bytes = await readInput(session.terminal.folder, path);
  const given = await readEvidenceKeys(session, keyPaths);
  const check: EvidenceToCheck['check'] = (evidence, { sha256: patch, kernel, keys, now }) => {
    for (const trusted of [keys, given].filter((list) => list.length > 0))
      verifyEvidence(evidence, { keys: trusted, patch, kernel, now });
  };
  return { bytes, check };
}
