import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Check } from './check.ts';
import { build } from './checks/build.ts';
import { format } from './checks/format.ts';
import { lint } from './checks/lint.ts';
import { unused } from './checks/unused.ts';
import { runChecks } from './run-checks.ts';
import { fixture, repository } from './testing/fixture.ts';

const config = async (...paths: string[]) =>
  Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, await readFile(join(repository, path), 'utf8')] as const)),
  );

const messages = async (check: Check, files: Record<string, string | object>) => {
  await using repo = await fixture(files, { links: ['.bin', '@types'] });
  return (await check.run({ root: repo.root, signal: AbortSignal.timeout(30_000) }))
    .map((each) => each.message)
    .join('\n');
};

describe('lint', () => {
  const lintMessages = async (code: string, path = 'packages/a/src/index.ts') =>
    messages(lint, {
      ...(await config('.oxlintrc.json', 'tsconfig.base.json', 'tsconfig.node.json')),
      'packages/a/tsconfig.json': { extends: '../../tsconfig.node.json', include: ['src'] },
      [path]: code,
    });

  test('clean code passes', async () => {
    expect(await lintMessages('export const a = 1;\n')).toBe('');
  });

  test.each([
    ['a promise that nobody awaits', 'no-floating-promises', `export function f(): void {\n  Promise.resolve(1);\n}\n`],
    ['any', 'no-explicit-any', 'export const a: any = 1;\n'],
    ['!', 'no-non-null-assertion', 'export const a = (b: number | undefined): number => b!;\n'],
    ['console in a library', 'no-console', `export const f = (): void => console.log('x');\n`],
    ['==', 'eqeqeq', 'export const f = (a: number, b: number): boolean => a == b;\n'],
    [
      'a suspicious shadow',
      'no-shadow',
      'export const a = 1;\nexport const f = (): number => {\n  const a = 2;\n  return a;\n};\n',
    ],
    [
      'a function of 41 lines',
      'max-lines-per-function',
      `export function f(): number[] {\n  const a: number[] = [];\n${'  a.push(1);\n'.repeat(37)}  return a;\n}\n`.replace(
        '  return a;',
        '  a.push(2);\n  return a;',
      ),
    ],
    [
      'a file of 251 lines',
      'max-lines',
      Array.from({ length: 251 }, (_, i) => `export const a${i} = ${i};\n`).join(''),
    ],
  ])('refuses %s', async (_, rule, code) => {
    expect(await lintMessages(code)).toContain(rule);
  });
});

describe('format', () => {
  test('passes formatted code, refuses other', async () => {
    const biome = { 'biome.json': '{ "formatter": { "indentStyle": "space" } }\n' };
    expect(await messages(format, { ...biome, 'a.ts': 'export const a = 1;\n' })).toBe('');
    expect(await messages(format, { ...biome, 'a.ts': 'export   const a = 1' })).toContain('a.ts');
  });
});

describe('unused', () => {
  const project = {
    'package.json': { name: 'x', type: 'module', dependencies: {} },
    'knip.json': { entry: ['src/index.ts'], project: ['src/**/*.ts'] },
    'src/index.ts': `import { used } from './used.ts';\nused();\n`,
    'src/used.ts': 'export const used = (): number => 1;\n',
  };

  test('passes what is used, refuses a file, an export and a dependency that is not', async () => {
    expect(await messages(unused, project)).toBe('');
    expect(await messages(unused, { ...project, 'src/dead.ts': 'export const dead = 1;\n' })).toContain('src/dead.ts');
    expect(
      await messages(unused, { ...project, 'src/used.ts': `${project['src/used.ts']}export const extra = 1;\n` }),
    ).toContain('extra');
    const manifest = { ...project['package.json'], dependencies: { left: '1.0.0' } };
    expect(await messages(unused, { ...project, 'package.json': manifest })).toContain('left');
  });
});

describe('build', () => {
  const pnpm = (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, 'pnpm')));

  test.skipIf(!pnpm)('passes where the script does, and tells its output where it does not', async () => {
    const workspace = { 'pnpm-workspace.yaml': 'verifyDepsBeforeRun: false\npmOnFail: ignore\n' };
    await using repo = await fixture({ ...workspace, 'package.json': { scripts: { build: 'true' } } });
    expect(await build.run(repo)).toEqual([]);
    await repo.write({ 'package.json': { scripts: { build: 'echo TS2322 >&2; exit 1' } } });
    expect((await build.run(repo))[0]?.message).toContain('TS2322');
  });
});

describe('the run', () => {
  const fine: Check = { name: 'fine', run: async () => [] };
  const bad: Check = {
    name: 'bad',
    run: async () => [{ where: 'a.ts:1', message: 'is wrong', next: 'make it right' }],
  };
  const broken: Check = { name: 'broken', run: () => Promise.reject(new Error('no such tool')) };

  test('every check runs, a line each, and a check that breaks off has failed', async () => {
    const lines: string[] = [];
    expect(await runChecks([bad, broken, fine], { root: '/' }, (line) => lines.push(line))).toEqual(['bad', 'broken']);
    const text = lines.join('\n');
    expect(text).toMatch(/^FAIL\s+\d+\.\d s {2}bad$/m);
    expect(text).toContain('a.ts:1: is wrong\n    next step: make it right');
    expect(text).toContain('the check itself broke off: no such tool');
    expect(text).toMatch(/^ok\s+\d+\.\d s {2}fine$/m);
  });

  test('an abort ends the run with its own reason', async () => {
    const reason = new Error('stop');
    await expect(runChecks([fine], { root: '/', signal: AbortSignal.abort(reason) }, () => {})).rejects.toBe(reason);
  });
});
