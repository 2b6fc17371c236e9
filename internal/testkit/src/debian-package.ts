import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const cacheFolder = (): string => join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'klpkit', 'testkit');

/** `1.2.10` after `1.2.9`. */
const byVersion = new Intl.Collator('en', { numeric: true });

/** Newest package whose name matches, by what apt knows; `undefined` without apt, or where it knows none. */
async function newestName(pattern: RegExp): Promise<string | undefined> {
  try {
    // apt's own expressions are POSIX: it gives all names, ours chooses.
    const { stdout } = await run('apt-cache', ['pkgnames', 'linux-'], { maxBuffer: 1 << 26 });
    const names = stdout.split('\n').filter((name) => pattern.test(name));
    return names.toSorted(byVersion.compare).at(-1);
  } catch {
    return undefined;
  }
}

async function downloadTo(folder: string, name: string): Promise<string | undefined> {
  const work = `${folder}.${randomUUID()}`;
  await mkdir(work, { recursive: true });
  try {
    await run('apt-get', ['download', name], { cwd: work });
    const deb = (await readdir(work)).find((file) => file.endsWith('.deb'));
    if (deb === undefined) return undefined;
    await run('dpkg', ['-x', join(work, deb), join(work, 'tree')]);
    // Another test may have been faster: then its folder is as good.
    await rename(join(work, 'tree'), folder).catch(() => undefined);
    return existsSync(folder) ? folder : undefined;
  } catch {
    return undefined;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A Debian package that was unpacked, not installed. */
export interface DebianPackage {
  readonly name: string;
  /** Folder with the package's files. */
  readonly root: string;
}

/**
 * Unpacks the newest Debian package whose name matches into the cache, once. `undefined` where there is no apt or it cannot
 * download: the test then skips and says so.
 */
export async function debianPackage(pattern: RegExp): Promise<DebianPackage | undefined> {
  const name = await newestName(pattern);
  if (name === undefined) return undefined;
  const root = join(cacheFolder(), name);
  if (existsSync(root)) return { name, root };
  const found = await downloadTo(root, name);
  return found === undefined ? undefined : { name, root: found };
}
