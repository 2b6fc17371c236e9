import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the page, in memory. */
export interface PageFile {
  readonly bytes: Buffer;
  readonly type: string;
  readonly etag: string;
}

const folder = fileURLToPath(new URL('../../public/', import.meta.url));

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** What the page uses of lit-html; taken from the installed package, so that there is nothing to build and nothing to fetch elsewhere. */
const litFiles = ['lit-html.js', 'directive.js', 'directive-helpers.js', 'directives/repeat.js'];

/**
 * Reads the page. Everything is in memory afterwards: no path of a request ever reaches the disk.
 */
export async function readPage(): Promise<ReadonlyMap<string, PageFile>> {
  const own = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile() && types[extname(entry.name)] !== undefined,
  );
  // In Node the package resolves to its folder `node`; what is for browsers lies above it.
  const require = createRequire(import.meta.url);
  const lit = join(dirname(require.resolve('lit-html')), '..');
  const places = [
    ...own.map(({ parentPath, name }) => ({
      name: join(parentPath, name).slice(folder.length),
      path: join(parentPath, name),
    })),
    ...litFiles.map((name) => ({ name: `vendor/lit-html/${name}`, path: join(lit, name) })),
  ];
  return new Map(await Promise.all(places.map(async ({ name, path }) => [name, await readOne(path)] as const)));
}

async function readOne(path: string): Promise<PageFile> {
  const bytes = await readFile(path);
  const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`;
  return { bytes, type: types[extname(path)] ?? 'application/octet-stream', etag };
}
