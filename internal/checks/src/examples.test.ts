import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Check } from './check.ts';
import { examplesCompile } from './checks/examples-compile.ts';
import { examplesPresent } from './checks/examples-present.ts';
import { examplesRun } from './checks/examples-run.ts';
import { fencesOf } from './examples/fences.ts';
import { fixture, repository } from './testing/fixture.ts';

const fence = '```';
const documented = (example: string) => `/**
 * Doubles.
 *
 * @example
 * ${fence}ts
 * ${example}
 * ${fence}
 */
export function double(n: number): number {
  return 2 * n;
}
`;
const readme = (code: string, info = 'ts run') => `# a\n\n${fence}${info}\n${code}\n${fence}\n`;
const use = `import { double } from '@klpkit/a';\nif (double(2) !== 4) throw new Error('wrong');`;

const base = {
  'tsconfig.base.json': await readFile(join(repository, 'tsconfig.base.json'), 'utf8'),
  'tsconfig.node.json': await readFile(join(repository, 'tsconfig.node.json'), 'utf8'),
  'packages/a/package.json': {
    name: '@klpkit/a',
    type: 'module',
    exports: { '.': { '@klpkit/source': './src/index.ts', default: './dist/index.js' } },
  },
  'packages/a/src/index.ts': documented(`import { double } from '@klpkit/a';\n * double(2);`),
  'packages/a/README.md': readme(use),
};

const places = async (check: Check, files: Record<string, string | object> = {}) => {
  await using repo = await fixture({ ...base, ...files }, { links: ['.bin', '@types', 'typescript'] });
  const findings = await check.run({ root: repo.root, signal: AbortSignal.timeout(30_000) });
  return findings.map(({ where, message }) => `${where}: ${message}`);
};

describe('compile', () => {
  test('examples in order', async () => {
    expect(await places(examplesCompile)).toEqual([]);
  });

  test('a wrong @example is told with its line in the source', async () => {
    const source = documented(`import { double } from '@klpkit/a';\n * double('2');`);
    const [finding, ...more] = await places(examplesCompile, { 'packages/a/src/index.ts': source });
    expect(finding).toMatch(/^packages\/a\/src\/index\.ts:7: error TS2345/);
    expect(more).toEqual([]);
  });

  test('a wrong block of a README, a block of the root README, an import of what is not exported', async () => {
    expect(
      (await places(examplesCompile, { 'packages/a/README.md': readme(`import { triple } from '@klpkit/a';`) }))[0],
    ).toMatch(/^packages\/a\/README\.md:4: error TS2305/);
    expect((await places(examplesCompile, { 'README.md': readme('const x: string = 1;', 'ts') }))[0]).toMatch(
      /^README\.md:4: error TS2322/,
    );
  });

  test('each block is a module of its own', async () => {
    const two = readme('const x = 1;', 'ts') + readme('const x = 2;', 'ts');
    expect(await places(examplesCompile, { 'packages/a/README.md': two })).toEqual([]);
    const leaning = readme('const y = 1;', 'ts') + readme('console.log(y);', 'ts');
    expect(await places(examplesCompile, { 'packages/a/README.md': leaning })).toHaveLength(1);
  });

  test('a README without a use, no README, an @example without code', async () => {
    expect(await places(examplesCompile, { 'packages/a/README.md': '# a' })).toEqual([
      'packages/a/README.md: shows no use: it has no ```ts block',
    ]);
    const prose = '/**\n * Doubles.\n *\n * @example\n * see elsewhere\n */\nexport function f(): void {}\n';
    expect(
      await places(examplesCompile, { 'packages/a/src/index.ts': `${prose}${documented('export {};')}` }),
    ).toContain('packages/a/src/index.ts:4: an @example without a ```ts block');
  });
});

describe('run', () => {
  test('passes what ends well', async () => {
    expect(await places(examplesRun)).toEqual([]);
  });

  test('refuses what throws, and a repository in which nothing is run', async () => {
    const wrong = use.replace('!== 4', '!== 5');
    expect((await places(examplesRun, { 'packages/a/README.md': readme(wrong) }))[0]).toMatch(
      /^packages\/a\/README\.md:4: ended with exit code 1/,
    );
    expect(await places(examplesRun, { 'packages/a/README.md': readme(use, 'ts') })).toHaveLength(1);
  });
});

describe('present', () => {
  test('an exported function needs an @example, wherever it is declared; what is not exported does not', async () => {
    expect(await places(examplesPresent)).toEqual([]);
    const bare = '/** Triples. */\nexport function triple(n: number): number {\n  return 3 * n;\n}\n';
    const files = { 'packages/a/src/triple.ts': bare };
    expect(await places(examplesPresent, files)).toEqual([]);
    for (const line of [`export { triple } from './triple.ts';`, `export * from './triple.ts';`]) {
      const index = `${line}\n${base['packages/a/src/index.ts']}`;
      expect(await places(examplesPresent, { ...files, 'packages/a/src/index.ts': index })).toEqual([
        'packages/a/src/triple.ts:2: the doc comment of triple has no @example',
      ]);
    }
  });

  test('no doc comment at all', async () => {
    expect(await places(examplesPresent, { 'packages/a/src/index.ts': 'export function f(): void {}\n' })).toEqual([
      'packages/a/src/index.ts:1: f is exported without a doc comment',
    ]);
  });
});

test('fences: info, indentation, nesting by longer marks, an open end', () => {
  expect(fencesOf('a\n```ts run\nx\n```\n')).toEqual([{ info: 'ts run', code: 'x', line: 3 }]);
  expect(fencesOf('  ```ts\n  x\n    y\n  ```')).toEqual([{ info: 'ts', code: 'x\n  y', line: 2 }]);
  expect(fencesOf('````md\n```ts\nx\n```\n````')).toEqual([{ info: 'md', code: '```ts\nx\n```', line: 2 }]);
  expect(fencesOf('```ts\nx')).toEqual([{ info: 'ts', code: 'x', line: 2 }]);
});
