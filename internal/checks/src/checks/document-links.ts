import { access, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path/posix';
import type { Check, Finding } from '../check.ts';
import { execute } from '../execute.ts';

/** Inline links of Markdown outside of code, without images of other hosts. */
function linksOf(markdown: string): { readonly target: string; readonly line: number }[] {
  let fenced = false;
  return markdown.split('\n').flatMap((line, index) => {
    if (/^\s*(?:`{3,}|~{3,})/.test(line)) fenced = !fenced;
    if (fenced) return [];
    const links = line.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^()\s]+)\)/g);
    return [...links].map((match) => ({ target: match[1] as string, line: index + 1 }));
  });
}

/** The anchors that a file's headings make, as hosts of repositories make them. */
function anchorsOf(markdown: string): Set<string> {
  const headings = markdown.matchAll(/^#{1,6} (.+)$/gm);
  const anchor = (text: string): string =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');
  return new Set([...headings].map((match) => anchor(match[1] as string)));
}

async function judge(root: string, path: string): Promise<Finding[]> {
  const text = await readFile(join(root, path), 'utf8');
  const findings = linksOf(text)
    .filter(({ target }) => !/^[a-z][a-z+.-]*:/.test(target))
    .map(async ({ target, line }): Promise<Finding[]> => {
      const [file = '', fragment] = target.split('#');
      const found = file === '' ? path : normalize(join(dirname(path), file));
      const where = `${path}:${line}`;
      const exists = await access(join(root, found)).then(
        () => true,
        () => false,
      );
      if (found.startsWith('..') || !exists) return [{ where, message: `the link to ${target} leads nowhere` }];
      if (fragment === undefined || !found.endsWith('.md')) return [];
      const anchors = anchorsOf(await readFile(join(root, found), 'utf8'));
      return anchors.has(fragment) ? [] : [{ where, message: `${found} has no heading for #${fragment}` }];
    });
  return (await Promise.all(findings)).flat();
}

/** Every link from one file of the repository to another leads somewhere. */
export const documentLinks: Check = {
  name: 'links in documents',
  async run({ root, signal }) {
    const args = ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'];
    const { exitCode, output } = await execute('git', args, { cwd: root, signal });
    if (exitCode !== 0) return [{ where: '.', message: output.trim() }];
    const paths = output.split('\n').filter((path) => path !== '');
    if (paths.length === 0) return [{ where: '.', message: 'no document found' }];
    return (await Promise.all(paths.map((path) => judge(root, path)))).flat();
  },
};
