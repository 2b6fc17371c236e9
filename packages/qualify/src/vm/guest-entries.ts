import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packageClosure, type RootEntry } from '@klpkit/vm';
import type { LoadPlan } from '../load/load-plan.ts';
import { planPath, warmUp } from '../load/load-plan.ts';

/** Where everything of this package lies in the machine. */
const appFolder = '/app';
const isSource = import.meta.url.endsWith('.ts');

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** The folder of this package: the next one above with a manifest, from source as well as from a build. */
async function packageFolder(): Promise<string> {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (await exists(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error('this package lies in no folder of its own');
  }
}

/** The outermost folder with packages in it: all that this package needs lies below, wherever an installer put it. */
async function workspaceOf(folder: string): Promise<string> {
  let found = folder;
  for (let at = folder; at !== dirname(at); at = dirname(at)) if (await exists(join(at, 'node_modules'))) found = at;
  return found;
}

/** The program in the machine: its files, and how it is called. */
export interface GuestProgram {
  readonly entries: readonly RootEntry[];
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Below the workspace, as what a cache says of a file is kept by the way from the one to the other. */
const cacheFolder = 'node_modules/.cache/klpkit-qualify';
const cacheEnv = (workspace: string): Record<string, string> => ({
  NODE_COMPILE_CACHE: join(workspace, cacheFolder),
  NODE_COMPILE_CACHE_PORTABLE: '1',
});

export async function guestProgram(): Promise<GuestProgram> {
  const folder = await packageFolder();
  const workspace = await workspaceOf(folder);
  const entries = await packageClosure([folder], { workspace, to: appFolder });
  const programs = isSource
    ? ['src/guest-main.ts', 'src/guest-worker.ts']
    : ['dist/guest-main.js', 'dist/guest-worker.js'];
  const flags = isSource ? ['--conditions=@klpkit/source'] : [];
  const cache = await compileCache(
    workspace,
    flags,
    programs.map((program) => join(folder, program)),
  );
  const main = join(appFolder, relative(workspace, folder), programs[0] ?? '');
  return { entries: [...entries, ...cache], command: ['node', ...flags, main], env: cacheEnv(appFolder) };
}

/** What Node compiles here it need not compile in the machine, where an interpreter takes twenty times as long. Works without, too. */
async function compileCache(
  workspace: string,
  flags: readonly string[],
  programs: readonly string[],
): Promise<RootEntry[]> {
  const env = { ...process.env, ...cacheEnv(workspace) };
  try {
    for (const program of programs) await promisify(execFile)(process.execPath, [...flags, program, warmUp], { env });
    return [{ kind: 'copy', from: join(workspace, cacheFolder), to: join(appFolder, cacheFolder) }];
  } catch {
    return []; // a workspace that may not be written to
  }
}

/** The plan and the files that it names. */
export function planEntries(plan: LoadPlan, files: ReadonlyMap<string, Uint8Array>): readonly RootEntry[] {
  const entry = (to: string, content: string | Uint8Array): RootEntry => ({ kind: 'file', to, content });
  return [entry(planPath, JSON.stringify(plan)), ...[...files].map(([to, content]) => entry(to, content))];
}
