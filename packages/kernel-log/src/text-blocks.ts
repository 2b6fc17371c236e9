import type { Scanner } from './scanner.ts';

/** A line longer than this is cut: no kernel writes one, and memory must be bounded. */
export const maxLineLength = 1_048_576;

/** Feeds a scanner with text that is cut anywhere. */
export interface TextBlocks {
  push(chunk: string): void;
  /** Reads what is left without a newline. */
  end(): void;
}

/** While nothing is open, one search over a whole block of text finds the next line worth a look. */
export function createTextBlocks(scanner: Scanner, hint: RegExp): TextBlocks {
  let rest = '';
  let cut = false;
  let begun = false;
  return {
    push(chunk) {
      const lastNewline = chunk.lastIndexOf('\n');
      if (lastNewline === -1) {
        if (rest.length < maxLineLength) rest += chunk;
        else cut = true;
        return;
      }
      const firstNewline = chunk.indexOf('\n');
      if (rest !== '' || cut) scanner.read((rest + chunk.slice(0, firstNewline)).slice(0, maxLineLength));
      else if (!begun) scanner.read(chunk.slice(0, firstNewline)); // the first line tells the form of the log
      const start = rest !== '' || cut || !begun ? firstNewline + 1 : 0;
      begun = true;
      readBlock(scanner, hint, chunk, start, lastNewline + 1);
      rest = chunk.slice(lastNewline + 1);
      cut = false;
    },
    end() {
      if (rest !== '') scanner.read(rest.slice(0, maxLineLength));
      rest = '';
    },
  };
}

function readBlock(scanner: Scanner, hint: RegExp, block: string, start: number, end: number): void {
  let at = start;
  while (at < end) {
    if (scanner.idle()) {
      hint.lastIndex = at;
      const hit = hint.exec(block);
      if (hit === null || hit.index >= end) return;
      at = Math.max(at, block.lastIndexOf('\n', hit.index) + 1);
    }
    const newline = block.indexOf('\n', at);
    scanner.read(block.slice(at, Math.min(newline === -1 ? end : newline, at + maxLineLength)));
    at = newline === -1 ? end : newline + 1;
  }
}
