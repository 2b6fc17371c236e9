import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const run = promisify(execFile);
const repository = resolve(import.meta.dirname, '../../..');
const typedoc = join(repository, 'internal/reference/node_modules/typedoc/bin/typedoc');

const root = await mkdtemp(join(tmpdir(), 'reference-'));
afterAll(() => rm(root, { recursive: true, force: true }));

/** A workspace of one package with our own options. Resolves to what typedoc said, `''` where it was content. */
async function build(source: string): Promise<string> {
  await mkdir(join(root, 'packages/a/src'), { recursive: true });
  for (const file of ['typedoc.json', 'tsconfig.base.json', 'tsconfig.any.json'])
    await cp(join(repository, file), join(root, file));
  const target = { '@klpkit/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' };
  const manifest = { name: '@klpkit/a', version: '1.0.0', type: 'module', exports: { '.': target } };
  const compilerOptions = { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/tsconfig.tsbuildinfo' };
  const files = {
    'README.md': '# klpkit\n',
    'packages/a/README.md': '# a\n',
    'packages/a/package.json': JSON.stringify(manifest),
    'packages/a/tsconfig.json': JSON.stringify({
      extends: '../../tsconfig.any.json',
      compilerOptions,
      include: ['src'],
    }),
    'packages/a/src/index.ts': `/**\n * A package.\n *\n * @packageDocumentation\n */\n${source}`,
  };
  for (const [path, text] of Object.entries(files)) await writeFile(join(root, path), text);
  try {
    await run(process.execPath, [typedoc, '--options', join(root, 'typedoc.json')], { cwd: root });
    return '';
  } catch (error) {
    return String((error as { stderr?: string }).stderr);
  }
}

test('documented exports become pages', async () => {
  expect(await build('/** The answer. */\nexport const answer = 42;\n')).toBe('');
  expect(await readFile(join(root, 'docs/reference/index.html'), 'utf8')).toContain('klpkit');
});

test.each([
  ['an export without a doc comment', 'export const answer = 42;\n', 'does not have any documentation'],
  ['a link that leads nowhere', '/** See {@link nowhere}. */\nexport const answer = 42;\n', 'Failed to resolve link'],
  [
    'a type that is used but not exported',
    'interface Hidden { a: number }\n/** Makes one. */\nexport const make = (): Hidden => ({ a: 1 });\n',
    'not included in the documentation',
  ],
])('%s fails the build', async (_, source, message) => {
  expect(await build(source)).toContain(message);
});
