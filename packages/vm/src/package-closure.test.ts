import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageClosure } from './package-closure.ts';

let workspace: string;
const put = async (path: string, manifest: object): Promise<void> => {
  await mkdir(join(workspace, path), { recursive: true });
  await writeFile(join(workspace, path, 'package.json'), JSON.stringify(manifest));
};
const link = async (path: string, target: string): Promise<void> => {
  await mkdir(join(workspace, dirname(path)), { recursive: true });
  await symlink(target, join(workspace, path));
};
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'klpkit-closure-'));
});
afterEach(() => rm(workspace, { recursive: true }));

const closure = async (...packages: string[]): Promise<string[]> => {
  const found = await packageClosure(
    packages.map((path) => join(workspace, path)),
    { workspace, to: '/app' },
  );
  return found.map((entry) => (entry.kind === 'link' ? `${entry.to} -> ${entry.target}` : entry.to)).toSorted();
};

describe('the closure of a package', () => {
  it("follows pnpm's links and keeps them", async () => {
    await put('packages/a', { dependencies: { b: 'workspace:^', '@x/c': '1.0.0' } });
    await put('packages/b', {});
    await put('node_modules/.pnpm/c@1/node_modules/@x/c', { dependencies: { d: '1' } });
    await put('node_modules/.pnpm/d@1/node_modules/d', {});
    await link('packages/a/node_modules/b', '../../b');
    await link('packages/a/node_modules/@x/c', '../../../../node_modules/.pnpm/c@1/node_modules/@x/c');
    await link('node_modules/.pnpm/c@1/node_modules/d', '../../d@1/node_modules/d');
    expect(await closure('packages/a')).toEqual([
      '/app/node_modules/.pnpm/c@1/node_modules/@x/c',
      '/app/node_modules/.pnpm/c@1/node_modules/d -> /app/node_modules/.pnpm/d@1/node_modules/d',
      '/app/node_modules/.pnpm/d@1/node_modules/d',
      '/app/packages/a',
      '/app/packages/a/node_modules/@x/c -> /app/node_modules/.pnpm/c@1/node_modules/@x/c',
      '/app/packages/a/node_modules/b -> /app/packages/b',
      '/app/packages/b',
    ]);
  });

  it("walks npm's flat folder, two versions and a circle included", async () => {
    await put('.', { dependencies: { a: '1', b: '1' } });
    await put('node_modules/a', { dependencies: { b: '2' } });
    await put('node_modules/a/node_modules/b', { dependencies: { a: '1' } });
    await put('node_modules/b', {});
    expect(await closure('node_modules/a')).toEqual(['/app/node_modules/a', '/app/node_modules/a/node_modules/b']);
  });

  it('leaves out what is not installed, and what a run from source does not need', async () => {
    await put('packages/a', { optionalDependencies: { elsewhere: '1' }, devDependencies: { b: '1' } });
    const [entry] = await packageClosure([join(workspace, 'packages/a')], { workspace, to: '/app' });
    const filter = entry?.kind === 'copy' ? entry.filter : undefined;
    expect([filter?.('src/index.ts'), filter?.('dist/index.js'), filter?.('node_modules/b')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('refuses a package outside of the workspace', async () => {
    await expect(packageClosure([tmpdir()], { workspace, to: '/app' })).rejects.toMatchObject({ code: 'IMAGE_FAILED' });
  });
});
