import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckContext } from '../check.ts';
import { executePnpm } from '../execute-pnpm.ts';
import { publishedPackages } from '../workspace/packages.ts';
import { readTarball, type Tarball } from './tarball.ts';

/** Packs every published package as `pnpm publish` would. */
export type PackPackages = (context: CheckContext) => Promise<readonly Tarball[]>;

async function packInto(target: string, { root, signal }: CheckContext): Promise<Tarball[]> {
  const packages = await publishedPackages(root);
  const tarballs: Tarball[] = [];
  for (const { folder } of packages) {
    // Without JavaScript every later complaint would only repeat that the build failed.
    if (!existsSync(join(root, folder, 'dist/index.js')))
      throw new Error(`${folder} is not built: see "types and build"`);
    const own = join(target, folder.replace('/', '-'));
    const args = ['pack', '--pack-destination', own];
    const { exitCode, output } = await executePnpm(args, { cwd: join(root, folder), signal });
    if (exitCode !== 0) throw new Error(`pnpm pack in ${folder}: ${output}`);
    const [file] = await readdir(own);
    if (file === undefined) throw new Error(`pnpm pack in ${folder} wrote nothing: ${output}`);
    tarballs.push(await readTarball(join(own, file), folder));
  }
  return tarballs;
}

/** Packs once, whoever asks first; `dispose` removes the tarballs. */
export function packOnce(): { readonly pack: PackPackages; dispose(): Promise<void> } {
  let packed: Promise<readonly Tarball[]> | undefined;
  let folder: string | undefined;
  const pack: PackPackages = (context) => {
    packed ??= mkdtemp(join(tmpdir(), 'klpkit-pack-')).then((made) => {
      folder = made;
      return packInto(made, context);
    });
    return packed;
  };
  return {
    pack,
    async dispose() {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
