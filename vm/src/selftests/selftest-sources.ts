import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { defaultCacheFolder } from '@klpkit/vm';
import type { Series } from '../scenario.ts';

const run = promisify(execFile);

/** The kernel's own selftests, as Debian's linux-source package has them. Run from there, not copied into this repository. */
export interface SelftestSources {
  /** All of those that are taken: `livepatch`, `proc`, `kcmp`, `timers`. */
  readonly all: string;
  /** The shell scripts of the livepatch tests. */
  readonly scripts: string;
  /** The C of the modules that they load. */
  readonly modules: string;
}

/** What is unpacked, below `tools/testing/selftests`. A change of it wants another {@link edition}. */
const taken = ['livepatch', 'proc', 'kcmp', 'timers', 'kselftest.h'];
const edition = 2;

/** Fetches the sources into the cache; about 140 MB are downloaded and 600 kB kept. */
export async function fetchSelftests(series: Series): Promise<SelftestSources> {
  const folder = join(defaultCacheFolder(), 'selftests', `${series}-${edition}`);
  if (!(await isThere(folder))) await unpack(series, folder);
  const all = join(folder, 'tools/testing/selftests');
  const scripts = join(all, 'livepatch');
  return { all, scripts, modules: series === '6.1' ? join(folder, 'lib/livepatch') : join(scripts, 'test_modules') };
}

const isThere = (folder: string): Promise<boolean> =>
  access(folder).then(
    () => true,
    () => false,
  );

async function unpack(series: Series, folder: string): Promise<void> {
  await mkdir(join(folder, '..'), { recursive: true });
  const draft = await mkdtemp(`${folder}.draft-`);
  try {
    await run('apt-get', ['download', '-qq', `linux-source-${series}`], { cwd: draft });
    const [debian = ''] = (await readdir(draft)).filter((name) => name.endsWith('.deb'));
    const script = `dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/src/linux-source-$2.tar.xz" |
      tar -xJ -C "$3" --strip-components=1 --wildcards ${taken.map((name) => `'*/tools/testing/selftests/${name}'`).join(' ')} '*/lib/livepatch'`;
    await mkdir(join(draft, 'src'));
    await run('sh', ['-c', script, 'sh', debian, series, 'src'], { cwd: draft }).catch((error: unknown) => {
      if (series === '6.1') throw error; // later sources have no lib/livepatch, of which tar complains
    });
    await rename(join(draft, 'src'), folder).catch(async (error: unknown) => {
      if (!(await isThere(folder))) throw error; // else another suite was faster, and its folder is as good
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
