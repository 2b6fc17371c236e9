import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, readManifest } from './manifest.ts';

/** One package of the workspace. */
export interface WorkspacePackage {
  /** From the root of the repository, as `packages/payload`. */
  readonly folder: string;
  readonly name: string;
  readonly manifest: Manifest;
}

/** Where packages lie, as pnpm-workspace.yaml says it. `*` is one folder name. */
const patterns = ['packages/*', 'internal/*', 'examples/*', 'vm'] as const;

async function foldersOf(root: string, pattern: string): Promise<string[]> {
  if (!pattern.endsWith('/*')) return [pattern];
  const parent = pattern.slice(0, -2);
  const entries = await readdir(join(root, parent), { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => `${parent}/${entry.name}`);
}

/** All packages of the workspace, in the order of their folders. */
export async function workspacePackages(root: string): Promise<WorkspacePackage[]> {
  const folders = (await Promise.all(patterns.map((pattern) => foldersOf(root, pattern)))).flat().toSorted();
  const found = folders.map(async (folder): Promise<WorkspacePackage[]> => {
    // A folder without a manifest is a leftover of another branch, not a package.
    const manifest = await readManifest(join(root, folder, 'package.json')).catch(ignoreMissing);
    return manifest === undefined ? [] : [{ folder, name: manifest.name ?? folder, manifest }];
  });
  return (await Promise.all(found)).flat();
}

/** The packages that are published. */
export async function publishedPackages(root: string): Promise<WorkspacePackage[]> {
  const all = await workspacePackages(root);
  return all.filter((each) => each.folder.startsWith('packages/'));
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
