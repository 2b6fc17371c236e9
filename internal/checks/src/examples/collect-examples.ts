import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../check.ts';
import { parseSource } from '../workspace/parse-source.ts';
import { publishedPackages } from '../workspace/packages.ts';
import { sourceFiles } from '../workspace/source-files.ts';
import type { Example } from './example.ts';
import { markdownExamples } from './markdown-examples.ts';
import { sourceExamples } from './source-examples.ts';

/** Everything that the documentation shows as TypeScript, and what was wrong with its form. */
export interface CollectedExamples {
  readonly examples: readonly Example[];
  readonly findings: readonly Finding[];
}

async function ofPackage(root: string, folder: string): Promise<CollectedExamples> {
  const { code } = await sourceFiles(root, folder);
  const sources = await Promise.all(code.map((path) => parseSource(root, path)));
  const inSource = sources.map((source) => sourceExamples(source, folder));
  const readme = `${folder}/README.md`;
  const markdown = await readFile(join(root, readme), 'utf8').catch(() => undefined);
  const inReadme = markdown === undefined ? [] : markdownExamples(readme, markdown, folder);
  const silent: Finding[] =
    inReadme.length > 0
      ? []
      : [{ where: readme, message: markdown === undefined ? 'is missing' : 'shows no use: it has no ```ts block' }];
  return {
    examples: [...inSource.flatMap((each) => each.examples), ...inReadme],
    findings: [...inSource.flatMap((each) => each.empty), ...silent],
  };
}

/** The examples of all published packages and of the repository's own README.md, which imports them all. */
export async function collectExamples(root: string): Promise<CollectedExamples> {
  const packages = await publishedPackages(root);
  const collected = await Promise.all(packages.map(({ folder }) => ofPackage(root, folder)));
  const readme = await readFile(join(root, 'README.md'), 'utf8').catch(() => '');
  return {
    examples: [...collected.flatMap((each) => each.examples), ...markdownExamples('README.md', readme, '.')],
    findings: collected.flatMap((each) => each.findings),
  };
}
