import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { type Effort, estimateEffort, type Vulnerability } from '@klpkit/triage';
import { CliError } from './cli-error.ts';
import { pathFrom, readText } from './files.ts';
import { asUnreadable } from './policy-input.ts';

const runFile = promisify(execFile);

/** Largest diff that is taken from git, bytes; the estimate refuses larger ones. */
const maxDiffBytes = 8_388_608;

/** Whether a file is a patch by its name. */
export function isPatch(file: string): boolean {
  return /\.(?:patch|diff)$/.test(file);
}

/** A patch file with the CVEs and the commits that it may be for. */
interface Patch {
  readonly file: string;
  readonly text: string;
  readonly cves: readonly string[];
  readonly commit: string | undefined;
}

async function readPatch(folder: string, file: string): Promise<Patch> {
  const text = await readText(folder, file);
  const cves = basename(file).match(/CVE-[0-9]{4}-[0-9]{4,19}/g) ?? [];
  // What `git format-patch` and `git show` begin with.
  const [, commit] = /^(?:From|commit) ([0-9a-f]{40})\b/.exec(text) ?? [];
  return { file, text, cves, commit };
}

/** The pairs of `--diff CVE=FILE`. */
function pairsFrom(words: readonly string[]): { cve: string; file: string }[] {
  return words.map((word) => {
    const [, cve, file] = /^(CVE-[0-9]{4}-[0-9]{4,19})=(.+)$/.exec(word) ?? [];
    if (cve === undefined || file === undefined)
      throw new CliError('USAGE', '--diff takes CVE=FILE, such as CVE-2024-1086=fix.patch');
    return { cve, file };
  });
}

/** Where the diffs of fixes come from. */
export interface DiffSources {
  readonly folder: string;
  /** Patches among the files; which CVE each is for, its name or its commit tells. */
  readonly patches: readonly string[];
  /** `CVE=FILE`. */
  readonly pairs: readonly string[];
  /** A checkout of the kernel that has the commits that the records name. */
  readonly git: string | undefined;
  readonly signal: AbortSignal;
}

function cvesOf({ file, cves, commit }: Patch, flaws: readonly Vulnerability[]): readonly string[] {
  if (cves.length > 0) return cves;
  const named = flaws.filter(
    ({ fixCommits }) => commit !== undefined && fixCommits.some((id) => commit.startsWith(id)),
  );
  if (named.length > 0) return named.map(({ cve }) => cve);
  throw new CliError(
    'IO',
    `${file}: neither its name nor its commit tells which CVE it is for; say --diff CVE=${file}`,
  );
}

/** The diff of the first commit that a checkout has. Commit ids are hex digits, so git takes none for an option. */
async function diffFromGit(flaw: Vulnerability, git: string, signal: AbortSignal): Promise<string | undefined> {
  for (const id of flaw.fixCommits) {
    try {
      const options = { cwd: git, maxBuffer: maxDiffBytes, signal };
      const { stdout } = await runFile(
        'git',
        ['show', '--no-ext-diff', '--no-textconv', '--no-color', '--first-parent', '-m', '--format=', id],
        options,
      );
      return stdout;
    } catch (error) {
      signal.throwIfAborted();
      // 128: this checkout does not have the commit.
      if (!(error instanceof Error && 'code' in error && error.code === 128)) {
        throw new CliError('IO', `${git}: git cannot show ${id}`, { cause: error });
      }
    }
  }
  return undefined;
}

/** Estimates of the fixes that are at hand, by CVE. Said by `--diff` counts before a file's name, and that before git. */
export async function readEfforts(flaws: readonly Vulnerability[], sources: DiffSources): Promise<Map<string, Effort>> {
  const { folder, patches, pairs, git, signal } = sources;
  const efforts = new Map<string, Effort>();
  for (const file of patches) {
    const patch = await readPatch(folder, file);
    const effort = asUnreadable(file, () => estimateEffort(patch.text));
    for (const cve of cvesOf(patch, flaws)) efforts.set(cve, effort);
  }
  for (const { cve, file } of pairsFrom(pairs)) {
    const text = await readText(folder, file);
    efforts.set(
      cve,
      asUnreadable(file, () => estimateEffort(text)),
    );
  }
  if (git === undefined) return efforts;
  for (const flaw of flaws) {
    const text = efforts.has(flaw.cve) ? undefined : await diffFromGit(flaw, pathFrom(folder, git), signal);
    if (text !== undefined)
      efforts.set(
        flaw.cve,
        asUnreadable(`${git}, ${flaw.cve}`, () => estimateEffort(text)),
      );
  }
  return efforts;
}
