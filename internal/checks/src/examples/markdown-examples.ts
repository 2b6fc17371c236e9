import type { Example } from './example.ts';
import { fencesOf } from './fences.ts';

/** The `ts` blocks of a Markdown file; those marked `ts run` are run too. */
export function markdownExamples(path: string, markdown: string, folder: string): Example[] {
  return fencesOf(markdown)
    .filter(({ info }) => /^(?:ts|typescript)\b/.test(info))
    .map(({ info, code, line }) => ({ where: `${path}:${line}`, folder, code, run: /\brun\b/.test(info) }));
}
