import { lstat, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { RootEntry } from './root-entry.ts';
import { VmError } from './vm-error.ts';

/** What `packageClosure` takes along. */
export interface PackageClosureOptions {
  /** The root of the workspace (or project) that all packages lie in. */
  readonly workspace: string;
  /** Where the workspace's root lies in the guest. */
  readonly to: string;
}

/** Of a workspace's own packages, what a run from source does not need. */
const leftOut = new Set(['node_modules', 'dist', 'coverage']);

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * The packages and all that they depend on at run time, laid out in the guest as on the host, links included, so that
 * Node finds there what it finds here. Works for pnpm's and npm's layout. Dependencies that are not installed (optional
 * ones of other platforms) are left out.
 *
 * @example
 * ```ts
 * import { buildRoot, packageClosure } from '@klpkit/vm';
 *
 * const entries = await packageClosure(['/src/repo/packages/agent'], { workspace: '/src/repo', to: '/app' });
 * await buildRoot(entries, { image: '/var/tmp/root.img' });
 * ```
 */
export async function packageClosure(
  packages: readonly string[],
  options: PackageClosureOptions,
): Promise<readonly RootEntry[]> {
  const workspace = await realpath(options.workspace);
  const guest = (path: string): string => join(options.to, relative(workspace, path));
  const entries = new Map<string, RootEntry>();
  const queue = await Promise.all(packages.map((path) => realpath(path)));
  for (let folder = queue.shift(); folder !== undefined; folder = queue.shift()) {
    if (entries.has(guest(folder))) continue;
    if (relative(workspace, folder).startsWith('..'))
      throw new VmError(
        'IMAGE_FAILED',
        `${folder} lies outside of the workspace ${workspace}; name a root that holds both`,
      );
    entries.set(guest(folder), { kind: 'copy', from: folder, to: guest(folder), filter: filterFor(folder) });
    for (const name of await dependenciesOf(folder)) {
      const link = await findInstalled(name, folder, workspace);
      if (link === undefined) continue;
      const real = await realpath(link);
      if (real !== link) entries.set(guest(link), { kind: 'link', to: guest(link), target: guest(real) });
      queue.push(real);
    }
  }
  return [...entries.values()];
}

function filterFor(folder: string): (path: string) => boolean {
  const isOwn = !folder.split(sep).includes('node_modules');
  return (path) => {
    const first = path.split(sep)[0] ?? '';
    return isOwn ? !leftOut.has(first) : first !== 'node_modules';
  };
}

async function dependenciesOf(folder: string): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
  return Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies });
}

/** As Node looks: in node_modules of the folder and of each folder above it. */
async function findInstalled(name: string, from: string, workspace: string): Promise<string | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (
      basename(folder) !== 'node_modules' &&
      (await lstat(candidate).then(
        () => true,
        () => false,
      ))
    )
      return candidate;
    if (folder === workspace || folder === dirname(folder)) return undefined;
  }
}
