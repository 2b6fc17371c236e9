import { describe, expect, test } from 'vitest';
import { bundles } from './checks/bundles.ts';
import { graphCycles } from './checks/graph-cycles.ts';
import { graphDocument } from './checks/graph-document.ts';
import { graphImports } from './checks/graph-imports.ts';
import { graphManifests } from './checks/graph-manifests.ts';
import { graphReferences } from './checks/graph-references.ts';
import { runsAnywhere } from './checks/runs-anywhere.ts';
import { findCycle } from './graph/cycles.ts';
import { type PackageRow, packageTable } from './graph/package-table.ts';
import { fixture } from './testing/fixture.ts';

const table: readonly PackageRow[] = [
  { name: '@klpkit/a', runsOn: 'any', mayImport: [] },
  { name: '@klpkit/b', runsOn: 'Node', mayImport: ['@klpkit/a'] },
];

const manifest = (name: string, more: object = {}) => ({
  name,
  exports: { '.': { '@klpkit/source': './src/index.ts' } },
  ...more,
});

const good = {
  'tsconfig.json': { references: [{ path: './packages/a' }, { path: './packages/b' }] },
  'packages/a/package.json': manifest('@klpkit/a'),
  'packages/a/tsconfig.json': { extends: '../../tsconfig.any.json', references: [] },
  'packages/a/src/index.ts': `export const a = 1;`,
  'packages/b/package.json': manifest('@klpkit/b', { dependencies: { '@klpkit/a': 'workspace:^', zod: '1.0.0' } }),
  'packages/b/tsconfig.json': { extends: '../../tsconfig.node.json', references: [{ path: '../a' }] },
  'packages/b/src/index.ts': `import { a } from '@klpkit/a';\nimport 'zod';\nimport 'node:fs';\nexport { a };`,
};

const checks = [graphImports(table), graphCycles, graphManifests, graphReferences, runsAnywhere(table)];

test('a repository in order passes every check of the graph', async () => {
  await using repo = await fixture(good);
  for (const check of checks) expect(await check.run(repo), check.name).toEqual([]);
});

test('an empty repository passes none that needs something to look at', async () => {
  await using repo = await fixture({ 'tsconfig.json': {} });
  for (const check of [graphImports(table), graphManifests, runsAnywhere(table)]) {
    expect(await check.run(repo), check.name).not.toEqual([]);
  }
});

describe('imports', () => {
  const messages = async (files: Record<string, string | object>) => {
    await using repo = await fixture({ ...good, ...files });
    return (await graphImports(table).run(repo)).map(({ where, message }) => `${where}: ${message}`);
  };
  const refused = (line: number) => [`packages/a/src/index.ts:${line}: @klpkit/a may not import @klpkit/b`];

  test.each([
    ['a value', `import { b } from '@klpkit/b';`],
    ['a type', `import type { B } from '@klpkit/b';`],
    ['an inline type', `export type T = import('@klpkit/b').B;`],
    ['a subpath', `import '@klpkit/b/sub';`],
    ['a re-export', `export * from '@klpkit/b';`],
    ['a dynamic import', `await import('@klpkit/b');`],
  ])('refuses %s', async (_, code) => {
    expect(await messages({ 'packages/a/src/index.ts': `\n${code}` })).toEqual(refused(2));
  });

  test('refuses an internal package, which no consumer has', async () => {
    expect(await messages({ 'packages/b/src/index.ts': `import '@klpkit-internal/testkit';` })).toEqual([
      'packages/b/src/index.ts:1: @klpkit/b may not import @klpkit-internal/testkit',
    ]);
  });

  test('a test may import more, a word in a comment or string is no import', async () => {
    expect(await messages({ 'packages/a/src/a.test.ts': `import '@klpkit/b';` })).toEqual([]);
    expect(
      await messages({ 'packages/a/src/index.ts': `// import '@klpkit/b'\nexport const s = "import('@klpkit/b')";` }),
    ).toEqual([]);
  });

  test('a package without a row, and a row without a package', async () => {
    expect(await messages({ 'packages/c/package.json': manifest('@klpkit/c') })).toEqual([
      'packages/c: @klpkit/c has no row in the package table',
    ]);
    await using repo = await fixture({
      'packages/a/package.json': manifest('@klpkit/a'),
      'packages/a/src/index.ts': '',
    });
    expect((await graphImports(table).run(repo)).map((each) => each.where)).toEqual(['@klpkit/b']);
  });
});

describe('cycles', () => {
  test('the path of the cycle is told', async () => {
    await using repo = await fixture({
      ...good,
      'packages/a/package.json': manifest('@klpkit/a', { dependencies: { '@klpkit/b': 'workspace:^' } }),
    });
    const [finding] = await graphCycles.run(repo);
    expect(finding?.message).toBe('cycle: @klpkit/a -> @klpkit/b -> @klpkit/a');
  });

  test('a diamond is none, a self-loop is one', () => {
    const diamond = new Map([
      ['a', ['b', 'c']],
      ['b', ['d']],
      ['c', ['d']],
      ['d', []],
    ]);
    expect(findCycle(diamond)).toBeUndefined();
    expect(findCycle(new Map([['a', ['a']]]))).toEqual(['a', 'a']);
  });

  test('the table itself has none, and no row comes before what it may import', () => {
    expect(findCycle(new Map(packageTable.map((row) => [row.name, row.mayImport])))).toBeUndefined();
    for (const [index, row] of packageTable.entries()) {
      const before = packageTable.slice(0, index).map((each) => each.name);
      for (const name of row.mayImport) expect(before, row.name).toContain(name);
    }
  });

  test('a package that runs anywhere may import only such', () => {
    const any = packageTable.filter((row) => row.runsOn === 'any');
    for (const name of any.flatMap((row) => row.mayImport)) expect(any.map((row) => row.name)).toContain(name);
  });
});

describe('package.json', () => {
  const messages = async (files: Record<string, string | object>) => {
    await using repo = await fixture({ ...good, ...files });
    return (await graphManifests.run(repo)).map((each) => each.message);
  };

  test('an import that is not declared, a dependency that is not imported', async () => {
    expect(await messages({ 'packages/a/src/index.ts': `import 'left';` })).toEqual([
      'the code imports left, dependencies do not name it',
    ]);
    expect(await messages({ 'packages/b/src/index.ts': `import 'zod';` })).toEqual([
      'dependencies name @klpkit/a, the code does not import it',
    ]);
  });

  test('devDependencies do for a test, not for what is shipped', async () => {
    const a = manifest('@klpkit/a', { devDependencies: { left: '1.0.0' } });
    expect(await messages({ 'packages/a/package.json': a, 'packages/a/src/x.test.ts': `import 'left';` })).toEqual([]);
    expect(await messages({ 'packages/a/package.json': a, 'packages/a/src/index.ts': `import 'left';` })).toHaveLength(
      1,
    );
    expect(await messages({ 'packages/a/src/x.test.ts': `import 'left';` })).toEqual([
      'a test imports left, neither dependencies nor devDependencies name it',
    ]);
  });

  test('a dependency that is loaded by its name in a string counts as used', async () => {
    const a = manifest('@klpkit/a', { dependencies: { native: '1.0.0' } });
    expect(await messages({ 'packages/a/package.json': a, 'packages/a/src/index.ts': `load('native');` })).toEqual([]);
  });
});

test('tsconfig references: missing, surplus, and a project the root does not name', async () => {
  await using repo = await fixture({
    ...good,
    'tsconfig.json': { references: [{ path: './packages/b' }] },
    'packages/a/tsconfig.json': { references: [{ path: '../b' }] },
    'packages/b/tsconfig.json': { references: [] },
  });
  expect((await graphReferences.run(repo)).map(({ where, message }) => `${where}: ${message}`)).toEqual([
    'packages/a/tsconfig.json: references name packages/b, the code does not import it',
    'packages/b/tsconfig.json: the code imports packages/a, references do not name it',
    'tsconfig.json: references do not name packages/a: its types are not checked',
  ]);
});

describe('docs/architecture.md', () => {
  const row = (name: string, runsOn: string, mayImport: string) =>
    `| \`${name}\` | ${runsOn} | what it is | ${mayImport} |\n`;
  const messages = async (document: string) => {
    await using repo = await fixture({ 'docs/architecture.md': document });
    return (await graphDocument(table).run(repo)).map((each) => each.message);
  };
  const a = row('@klpkit/a', 'any', '–');

  test('equal is fine; another arrow, another runtime, a missing and a surplus row are not', async () => {
    const b = row('@klpkit/b', 'Node', 'a');
    expect(await messages(a + b)).toEqual([]);
    expect(await messages(a + row('@klpkit/b', 'Node', '–'))).toEqual([
      '@klpkit/b is documented as "Node | –", the data say "Node | a"',
    ]);
    expect(await messages(a + row('@klpkit/b', 'any', 'a'))).toHaveLength(1);
    expect(await messages(a)).toEqual(['no row for @klpkit/b']);
    expect(await messages(a + b + row('@klpkit/c', 'any', '–'))).toEqual(['@klpkit/c is not in the data']);
  });
});

describe('runs anywhere', () => {
  const messages = async (files: Record<string, string | object>) => {
    await using repo = await fixture({ ...good, ...files });
    return (await runsAnywhere(table).run(repo)).map((each) => each.message);
  };

  test.each([
    [`import { x } from 'node:fs';`, 'imports the Node built-in node:fs'],
    [`import { x } from 'fs/promises';`, 'imports the Node built-in fs/promises'],
    [`import type { x } from 'node:net';`, 'imports the Node built-in node:net'],
    [`export const x = await import('node:fs');`, 'imports the Node built-in node:fs'],
    [`export const x = process.env;`, 'uses the Node global process'],
    [`export const x = (b: Buffer) => b;`, 'uses the Node global Buffer'],
    [`export const x = globalThis.process;`, 'uses the Node global process'],
    [`export const x = globalThis['Buffer'];`, 'uses the Node global Buffer'],
    [`export const x: NodeJS.Timeout = 1;`, 'uses the Node global NodeJS'],
    [`declare const process: unknown;\nexport const x = process;`, 'uses the Node global process'],
    [`export const x = { process };`, 'uses the Node global process'],
    [`/// <reference types="node" />\nexport {};`, 'references the types of Node'],
  ])('refuses %s', async (code, message) => {
    expect(await messages({ 'packages/a/src/index.ts': code })).toContain(message);
  });

  test.each([
    `export const x = (process: string) => process;`,
    `export const x = { process: 1, Buffer: 2 };`,
    `export const x = (y: { process: number }) => y.process;`,
    `export function x({ process }: { process: number }) { return process; }`,
    `export interface X { process: string; Buffer(): void }`,
    `import { process } from './own.ts';\nexport const x = process;`,
    `// process.env\nexport const x = 'Buffer';`,
    `export const x = globalThis.crypto;`,
  ])('accepts %s', async (code) => {
    expect(await messages({ 'packages/a/src/index.ts': code })).toEqual([]);
  });

  test('a tsconfig with the types of Node is refused', async () => {
    expect(await messages({ 'packages/a/tsconfig.json': { extends: '../../tsconfig.node.json' } })).toHaveLength(1);
  });

  test('a file that only a node condition leads to is free; one that anything else leads to is not', async () => {
    const node = { 'packages/a/src/hash-node.ts': `import { hash } from 'node:crypto';\nexport { hash };` };
    const imports = { '#hash': { node: './src/hash-node.ts', default: './src/hash-web.ts' } };
    const web = {
      'packages/a/src/hash-web.ts': 'export const hash = 1;',
      'packages/a/src/index.ts': `export * from '#hash';`,
    };
    const a = manifest('@klpkit/a', { imports });
    expect(await messages({ ...node, ...web, 'packages/a/package.json': a })).toEqual([]);
    const both = { 'packages/a/src/index.ts': `export * from '#hash';\nexport * from './hash-node.ts';` };
    expect(await messages({ ...node, ...web, ...both, 'packages/a/package.json': a })).toEqual([
      'imports the Node built-in node:crypto',
    ]);
    // Nothing leads to it: it may be shipped all the same.
    expect(await messages(node)).toEqual(['imports the Node built-in node:crypto']);
  });
});

describe('bundles', () => {
  const where = async (files: Record<string, string | object>) => {
    await using repo = await fixture({ ...good, 'packages/b/src/index.ts': `import 'node:fs';`, ...files });
    return (await bundles(table).run(repo)).map((each) => `${each.where}: ${each.message}`);
  };

  test('a dependency that needs Node shows in a package that runs anywhere, not in one for Node', async () => {
    expect(await where({})).toEqual([]);
    const left = { 'left/package.json': { name: 'left', main: 'index.js' }, 'left/index.js': `require('fs');` };
    const files = Object.fromEntries(Object.entries(left).map(([path, text]) => [`node_modules/${path}`, text]));
    expect(await where({ ...files, 'packages/b/src/index.ts': `import 'left';` })).toEqual([]);
    const [finding] = await where({ ...files, 'packages/a/src/index.ts': `import 'left';` });
    expect(finding).toContain('@klpkit/a for a browser: node_modules/left/index.js:1: Could not resolve "fs"');
  });
});
