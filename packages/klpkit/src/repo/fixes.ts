import { fixesOf, type WorkItem } from '@klpkit/triage';
import { CliError } from '../cli-error.ts';
import { readText } from '../files.ts';

function itemOf(line: string, place: string): WorkItem {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new CliError('IO', `${place}: is not JSON; give what "klpkit triage --json" printed`);
  }
  const { cve, eligible } = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  if (typeof cve === 'string' && typeof eligible === 'boolean') return { cve, eligible };
  throw new CliError('IO', `${place}: is no entry of a work queue; give what "klpkit triage --json" printed`);
}

/** The CVEs that a release fixes: those of `--fixes`, then those of a work queue, its lines as `klpkit triage --json` prints them. */
export async function readFixes(
  folder: string,
  { fixes = [], fixesFrom }: { readonly fixes?: readonly string[]; readonly fixesFrom?: string },
): Promise<string[]> {
  if (fixesFrom === undefined) return [...fixes];
  const lines = (await readText(folder, fixesFrom)).split('\n');
  const items = lines.flatMap((line, index) =>
    line.trim() === '' ? [] : [itemOf(line, `${fixesFrom}, line ${index + 1}`)],
  );
  const found = fixesOf(items);
  if (found.length === 0) throw new CliError('IO', `${fixesFrom}: has no entry that is eligible for a livepatch`);
  return [...new Set([...fixes, ...found])];
}
