import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { classes } from './checks/classes.ts';
import { documentLinks } from './checks/document-links.ts';
import { foreignWords } from './checks/foreign-words.ts';
import { licences } from './checks/licences.ts';
import { fixture } from './testing/fixture.ts';

describe('classes', () => {
  const findings = async (code: string) => {
    await using repo = await fixture({ 'packages/a/package.json': { name: 'a' }, 'packages/a/src/index.ts': code });
    return classes.run(repo);
  };

  test('a class for an error is fine', async () => {
    expect(await findings('export class AError extends Error {}')).toEqual([]);
  });

  test.each([
    'export class Service {}',
    'export const make = () => class {};',
    'export class Emitter extends EventTarget {}',
    // An error under another error makes two classes a caller must know.
    'class A extends Error {}\nexport class B extends A {}',
  ])('refuses %s', async (code) => {
    expect(await findings(code)).toHaveLength(1);
  });

  test('nothing to look at is not a pass', async () => {
    await using repo = await fixture({});
    expect(await classes.run(repo)).toHaveLength(1);
  });
});

describe('hosts and machine paths', () => {
  const findings = async (text: string, path = 'README.md') => {
    await using repo = await fixture({ [path]: text });
    execFileSync('git', ['init', '-q'], { cwd: repo.root });
    return (await foreignWords.run(repo)).map(({ where }) => where);
  };

  // The words are put together here too, or the check would find its own test.
  test.each([
    ['https://regis', 'try.npm', 'js.org/x'],
    ['http://deb.', 'debian.org/debian'],
    ['cd /', 'work/main'],
    ['`/', 'workspace/x`'],
    ['/', 'root/x'],
    ['/', 'tmp/klpkit-install.lock'],
    ['../', 'shared/vectors'],
  ])('refuses %s%s', async (...pieces) => {
    expect(await findings(`fine\n${pieces.join('')}\n`)).toEqual(['README.md:2']);
  });

  test.each([
    '/sys/kernel/livepatch',
    'packages/workspace/x',
    '${home}/work/x',
    'a/home/b',
    '/var/tmp/x',
    'shared/vectors',
  ])('accepts %s', async (text) => {
    expect(await findings(text)).toEqual([]);
  });

  test('the testkit alone may look beside the repository', async () => {
    expect(await findings(['../', 'shared'].join(''), 'internal/testkit/src/shared-dir.ts')).toEqual([]);
  });

  test('outside of a git repository nothing is listed, which is not a pass', async () => {
    await using repo = await fixture({ 'README.md': 'x' });
    expect(await foreignWords.run(repo)).toHaveLength(1);
  });
});

describe('links', () => {
  const messages = async (markdown: string, more: Record<string, string> = {}) => {
    await using repo = await fixture({ 'docs/a.md': markdown, ...more });
    execFileSync('git', ['init', '-q'], { cwd: repo.root });
    return (await documentLinks.run(repo)).map(({ where, message }) => `${where}: ${message}`);
  };

  test('a file, a folder, a heading, another host, code', async () => {
    const links =
      '[a](../b.md) [b](../docs) [c](../b.md#what-was-tried-1-2) [d](#here) [e](https://example.org/x) `[f](gone.md)`';
    expect(await messages(`# Here\n${links}\n`, { 'b.md': '## What was tried: 1, 2\n' })).toEqual([]);
  });

  test.each(['gone.md', '../src/gone.ts', '#gone', '../../outside.md'])('refuses %s', async (target) => {
    expect(await messages(`# Here\n[x](${target})`)).toHaveLength(1);
  });

  test('no document is not a pass', async () => {
    await using repo = await fixture({ 'a.ts': '' });
    execFileSync('git', ['init', '-q'], { cwd: repo.root });
    expect(await documentLinks.run(repo)).toHaveLength(1);
  });
});

describe('licences', () => {
  const installed = (name: string, license: unknown) => ({
    [`node_modules/.pnpm/${name}@1.0.0/node_modules/${name}/package.json`]: { name, version: '1.0.0', license },
  });
  const findings = async (files: Record<string, string | object>) => {
    await using repo = await fixture(files);
    return (await licences.run(repo)).map(({ where, message }) => `${where}: ${message}`);
  };

  test.each(['MIT', 'Apache-2.0', '(MIT OR GPL-3.0)', 'MIT AND ISC', { type: 'BSD-3-Clause' }])(
    'accepts %j',
    async (license) => {
      expect(await findings(installed('a', license))).toEqual([]);
    },
  );

  test.each(['GPL-3.0', 'MIT AND GPL-3.0', 'SEE LICENSE IN LICENSE.txt', undefined])('refuses %j', async (license) => {
    expect(await findings(installed('a', license))).toHaveLength(1);
  });

  test('weak copyleft does for a tool and not for what our users install', async () => {
    expect(await findings(installed('a', 'MPL-2.0'))).toEqual([]);
    const user = { 'packages/x/package.json': { name: '@klpkit/x', dependencies: { a: '1.0.0' } } };
    const linked = { 'packages/x/node_modules/a/package.json': { name: 'a', version: '1.0.0', license: 'MPL-2.0' } };
    await using repo = await fixture({ ...installed('a', 'MPL-2.0'), ...user, ...linked });
    const { rm, symlink } = await import('node:fs/promises');
    await rm(`${repo.root}/packages/x/node_modules/a`, { recursive: true });
    await symlink(`${repo.root}/node_modules/.pnpm/a@1.0.0/node_modules/a`, `${repo.root}/packages/x/node_modules/a`);
    expect((await licences.run(repo)).map((each) => each.message)).toEqual([
      'licence "MPL-2.0" is not on the list for what our users install',
    ]);
  });

  test('nothing installed is not a pass', async () => {
    expect(await findings({})).toHaveLength(1);
  });
});
