import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Manifest } from '../workspace/manifest.ts';

const run = promisify(execFile);

/** One packed package. */
export interface Tarball {
  /** Folder it was packed from, as `packages/payload`. */
  readonly folder: string;
  /** Absolute path of the .tgz. */
  readonly file: string;
  /** Paths inside, without the leading `package/`, sorted. */
  readonly paths: readonly string[];
  /** The package.json inside: what a consumer gets, `publishConfig` applied. */
  readonly manifest: Manifest;
}

/** Reads what a .tgz holds. */
export async function readTarball(file: string, folder: string): Promise<Tarball> {
  const list = await run('tar', ['-tzf', file]);
  const paths = list.stdout
    .split('\n')
    .filter((line) => line !== '' && !line.endsWith('/'))
    .map((line) => line.replace(/^package\//, ''))
    .toSorted();
  const manifest = await run('tar', ['-xzOf', file, 'package/package.json']);
  return { folder, file, paths, manifest: JSON.parse(manifest.stdout) as Manifest };
}
