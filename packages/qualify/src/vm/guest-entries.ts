import { access } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageClosure, type RootEntry } from '@klpkit/vm';
import type { LoadPlan } from '../load/load-plan.ts';
import { planPath } from '../load/load-plan.ts';

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
}

export async function guestProgram(): Promise<GuestProgram> {
  const folder = await packageFolder();
  const workspace = await workspaceOf(folder);
  const entries = await packageClosure([folder], { workspace, to: appFolder });
  const main = join(appFolder, relative(workspace, folder), isSource ? 'src/guest-main.ts' : 'dist/guest-main.js');
  return { entries, command: ['node', ...(isSource ? ['--conditions=@klpkit/source'] : []), main] };
}

/** The plan and the files that it names. */
export function planEntries(plan: LoadPlan, files: ReadonlyMap<string, Uint8Array>): readonly RootEntry[] {
  const entry = (to: string, content: string | Uint8Array): RootEntry => ({ kind: 'file', to, content });
  return [entry(planPath, JSON.stringify(plan)), ...[...files].map(([to, content]) => entry(to, content))];
}
