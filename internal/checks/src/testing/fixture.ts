import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** A repository in a temporary folder; it is gone when the scope ends. */
export interface Fixture extends AsyncDisposable {
  readonly root: string;
  write(files: Readonly<Record<string, string | object>>): Promise<void>;
}

/** The root of the repository these sources are in. */
export const repository = resolve(import.meta.dirname, '../../../..');

/**
 * Files by path; an object is written as JSON. `links` names what of the real node_modules the fixture needs. Never all of it: tools that
 * follow links would read the whole repository through it.
 */
export async function fixture(
  files: Readonly<Record<string, string | object>>,
  options: { links?: readonly string[] } = {},
): Promise<Fixture> {
  const root = await mkdtemp(join(tmpdir(), 'checks-'));
  const write = async (more: Readonly<Record<string, string | object>>): Promise<void> => {
    for (const [path, content] of Object.entries(more)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
    }
  };
  await write(files);
  await mkdir(join(root, 'node_modules'), { recursive: true });
  for (const name of options.links ?? []) {
    await symlink(join(repository, 'node_modules', name), join(root, 'node_modules', name));
  }
  return { root, write, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) };
}
