import { maxLineCharacters } from './limits.ts';

/** A line of a text, without its end; cut at {@link maxLineCharacters}. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** The kernel's own prefix: `<6>`, a time, the id of a task or a processor. Results of KUnit come out of its log. */
const kernelPrefix = /^(?:<\d{1,3}>)?\[ {0,11}\d{1,9}\.\d{3,6}\](?:\[ {0,8}[TC]\d{1,9}\])? ?/;

/** Walks over the lines without a copy of the whole. */
export function* linesOf(text: string): Generator<Line> {
  let number = 0;
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf('\n', start);
    const end = found === -1 ? text.length : found;
    const last = end > start && text.charCodeAt(end - 1) === 13 ? end - 1 : end;
    const line = text.slice(start, Math.min(last, start + maxLineCharacters));
    yield { number: ++number, text: line.replace(kernelPrefix, '') };
    start = end + 1;
  }
}
