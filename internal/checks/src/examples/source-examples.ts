import type { Finding } from '../check.ts';
import type { ParsedSource } from '../workspace/parse-source.ts';
import type { Example } from './example.ts';
import { fencesOf } from './fences.ts';

/** The `@example` blocks of a file, and those that hold no code. */
export interface SourceExamples {
  readonly examples: readonly Example[];
  readonly empty: readonly Finding[];
}

interface Block {
  readonly line: number;
  readonly text: string;
}

/** The text of each `@example` tag of a doc comment: up to the next tag that is not inside a fence. */
function blocksOf(comment: string, firstLine: number): Block[] {
  const blocks: { line: number; lines: string[] }[] = [];
  let current: { line: number; lines: string[] } | undefined;
  let fenced = false;
  for (const [index, raw] of comment.split('\n').entries()) {
    const line = raw.replace(/^\s*\* ?/, '');
    const tag = fenced ? null : /^@(\w+)(.*)$/.exec(line);
    if (tag !== null) current = tag[1] === 'example' ? { line: firstLine + index, lines: [] } : undefined;
    if (tag?.[1] === 'example' && current !== undefined) blocks.push(current);
    if (/^\s*(?:`{3,}|~{3,})/.test(line)) fenced = !fenced;
    current?.lines.push(tag === null ? line : (tag[2] as string));
  }
  return blocks.map(({ line, lines }) => ({ line, text: lines.join('\n') }));
}

export function sourceExamples(source: ParsedSource, folder: string): SourceExamples {
  const examples: Example[] = [];
  const empty: Finding[] = [];
  for (const comment of source.comments) {
    if (comment.type !== 'Block' || !comment.value.startsWith('*')) continue;
    const firstLine = source.text.slice(0, comment.start).split('\n').length;
    for (const block of blocksOf(comment.value, firstLine)) {
      const fences = fencesOf(block.text).filter(({ info }) => /^(?:ts|typescript)\b/.test(info));
      if (fences.length === 0) {
        empty.push({ where: `${source.path}:${block.line}`, message: 'an @example without a ```ts block' });
      }
      for (const { code, line, info } of fences) {
        examples.push({ where: `${source.path}:${block.line + line - 1}`, folder, code, run: /\brun\b/.test(info) });
      }
    }
  }
  return { examples, empty };
}
