import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { attw } from './checks/attw.ts';
import { packContents } from './checks/pack-contents.ts';
import { packManifest } from './checks/pack-manifest.ts';
import { publint } from './checks/publint.ts';
import type { packOnce } from './pack/pack-packages.ts';
import { readTarball } from './pack/tarball.ts';
import { fixture, repository } from './testing/fixture.ts';

const manifest = {
  name: '@klpkit/a',
  version: '1.0.0',
  description: 'A package',
  license: 'Apache-2.0',
  type: 'module',
  sideEffects: false,
  engines: { node: '>=22.13' },
  keywords: ['x'],
  files: ['dist', 'src'],
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' }, './package.json': './package.json' },
};

const good = {
  'README.md': '# a',
  LICENSE: 'Apache',
  'dist/index.js': 'export const a = 1;\n',
  'dist/index.d.ts': 'export declare const a = 1;\n',
  'src/index.ts': 'export const a = 1;\n',
};

/** Packs files as a tarball and gives it to a check as if pnpm had made it. */
async function judged(
  make: (pack: ReturnType<typeof packOnce>['pack']) => { run: (c: { root: string }) => Promise<{ message: string }[]> },
  change: { manifest?: object; files?: Record<string, string | undefined> } = {},
) {
  const files = Object.entries({ ...good, ...change.files }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  await using repo = await fixture({
    'package/package.json': { ...manifest, ...change.manifest },
    ...Object.fromEntries(files.map(([path, text]) => [`package/${path}`, text])),
  });
  execFileSync('tar', ['-czf', 'a.tgz', 'package'], { cwd: repo.root });
  const tarball = await readTarball(`${repo.root}/a.tgz`, 'package');
  const findings = await make(async () => [tarball]).run({ root: repo.root });
  return findings.map((each) => each.message);
}

test('nothing packed is not a pass', async () => {
  const none = async () => [];
  for (const make of [packContents, packManifest, publint, attw])
    expect(await make(none).run({ root: '/' })).toHaveLength(1);
});

describe('contents', () => {
  test('what belongs into a package', async () => {
    expect(await judged(packContents)).toEqual([]);
    expect(
      await judged(packContents, { files: { 'CHANGELOG.md': 'x', 'dist/chunk-AB12.js': '', 'dist/index.js.map': '' } }),
    ).toEqual([]);
  });

  test.each([
    'src/index.test.ts',
    'dist/index.test.d.ts',
    'src/fixtures/a.ts',
    'dist/tsconfig.tsbuildinfo',
    'tsconfig.json',
    '.env',
    'src/key.pem',
    'node_modules/x/index.js',
  ])('refuses %s', async (path) => {
    expect((await judged(packContents, { files: { [path]: 'x' } }))[0]).toContain(`packs ${path}`);
  });

  test.each(['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts'])('misses %s', async (path) => {
    expect(await judged(packContents, { files: { [path]: undefined } })).toContain(`does not pack ${path}`);
  });

  test('a declaration that an earlier build left behind', async () => {
    expect(await judged(packContents, { files: { 'dist/gone.d.ts': '' } })).toEqual([
      'packs dist/gone.d.ts, whose source is not packed',
    ]);
  });
});

describe('package.json', () => {
  test('every field in order', async () => {
    expect(await judged(packManifest)).toEqual([]);
  });

  test.each([
    [{ type: 'commonjs' }, '`type`'],
    [{ license: 'MIT' }, '`license`'],
    [{ description: ' ' }, '`description`'],
    [{ sideEffects: undefined }, '`sideEffects`'],
    [{ engines: {} }, '`engines.node`'],
    [{ keywords: [] }, '`keywords`'],
    [{ private: true }, '`private`'],
    [{ exports: { '.': manifest.exports['.'] } }, '"./package.json"'],
    [
      { exports: { ...manifest.exports, '.': { default: './dist/index.js', types: './dist/index.d.ts' } } },
      '`types` must come first',
    ],
    [{ exports: { ...manifest.exports, '.': './dist/index.js' } }, 'must have `types`'],
    [
      { exports: { ...manifest.exports, './x': { types: './dist/x.d.ts', default: './dist/x.js' } } },
      'names ./dist/x.d.ts',
    ],
    [
      { exports: { ...manifest.exports, '.': { '@klpkit/source': './src/index.ts', ...manifest.exports['.'] } } },
      'source condition',
    ],
    [{ dependencies: { b: 'workspace:^' } }, 'cannot install b@workspace:^'],
    [{ bin: { a: './dist/main.js' } }, 'names ./dist/main.js'],
  ])('refuses %j', async (change, message) => {
    expect((await judged(packManifest, { manifest: change })).join('\n')).toContain(message);
  });
});

describe('publint', () => {
  test('passes what is in order, reports what is not', async () => {
    expect(await judged(publint)).toEqual([]);
    const wrong = { exports: { '.': { default: './dist/index.js', types: './dist/index.d.ts' } } };
    expect((await judged(publint, { manifest: wrong })).join('\n')).toContain('types');
  });
});

describe('attw', () => {
  // attw is run from the repository's own node_modules, whatever the root.
  const make: typeof attw = (pack) => ({ name: 'attw', run: () => attw(pack).run({ root: repository }) });

  test('passes what is in order, reports what is not', async () => {
    expect(await judged(make)).toEqual([]);
    const files = { 'dist/index.d.ts': `export * from './gone.js';\n` };
    expect(await judged(make, { files })).not.toEqual([]);
  });
});
