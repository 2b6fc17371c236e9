import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check, Finding } from '../check.ts';
import { execute } from '../execute.ts';

interface Word {
  readonly pattern: RegExp;
  readonly message: string;
  /** Files that may say it all the same. */
  readonly except?: RegExp;
}

/** Patterns are put together from pieces, so that this file does not find itself. */
const pattern = (...pieces: readonly string[]): RegExp => new RegExp(pieces.join(''), 'i');

const registry = 'names a package registry: registries are configuration';
const mirror = 'names a Debian mirror: mirrors are configuration';
const machine = 'an absolute path of one machine';
const outside = 'a path outside of the repository: a test asks sharedDir() of the testkit';

const words: readonly Word[] = [
  { pattern: pattern('registry\\.', 'npm', '|npm', 'js\\.(?:org|com)|npm', 'mirror'), message: registry },
  { pattern: pattern('\\b(?:deb|ftp|snapshot)\\.', 'debian\\.org'), message: mirror },
  { pattern: pattern('(?<![\\w.$}-])/', '(?:work|workspaces?)/[\\w.-]'), message: machine },
  { pattern: pattern('(?<![\\w.$}-])/', 'root/[\\w.-]'), message: machine },
  { pattern: pattern('/', 'tmp/(?:bash_jobs|brief|klpkit)'), message: machine },
  { pattern: pattern('\\.\\./', 'shared\\b'), message: outside, except: /^internal\/testkit\// },
];

const skipped = /^(?:pnpm-lock\.yaml|vectors\/)|\.(?:ko|xz|gz|zst|png|der|pem)$/;

function judge(path: string, text: string): Finding[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      words
        .filter((word) => word.pattern.test(line) && word.except?.test(path) !== true)
        .map(({ message }) => ({ where: `${path}:${index + 1}`, message })),
    );
}

/** Nothing in the tree names a registry, a mirror or a place on somebody's machine. */
export const foreignWords: Check = {
  name: 'no hosts, no machine paths',
  async run({ root, signal }) {
    // Untracked files count: they are what the next commit brings.
    const args = ['ls-files', '--cached', '--others', '--exclude-standard'];
    const { exitCode, output } = await execute('git', args, { cwd: root, signal });
    if (exitCode !== 0) return [{ where: '.', message: output.trim() }];
    const paths = output.split('\n').filter((path) => path !== '' && !skipped.test(path));
    if (paths.length === 0) return [{ where: '.', message: 'git lists no file' }];
    const findings = paths.map(async (path) => judge(path, await readFile(join(root, path), 'utf8').catch(() => '')));
    return (await Promise.all(findings)).flat();
  },
};
