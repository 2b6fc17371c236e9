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
  return {
    push(chunk) {
      const newline = chunk.indexOf('\n');
      const head = newline === -1 ? chunk : chunk.slice(0, newline);
      if (rest.length < maxLineLength) rest += head.slice(0, maxLineLength - rest.length);
      if (newline === -1) return;
      scanner.read(rest); // also, at the very beginning, the line that tells the form of the log
      const end = chunk.lastIndexOf('\n') + 1;
      readBlock(scanner, hint, chunk, newline + 1, end);
      rest = chunk.slice(end, end + maxLineLength);
    },
    end() {
      scanner.read(rest);
      rest = '';
    },
  };
}

/** Reads whole lines: from the start of one, behind a newline, to the end of one. */
function readBlock(scanner: Scanner, hint: RegExp, block: string, start: number, end: number): void {
  for (let at = start; at < end; ) {
    if (scanner.idle()) {
      hint.lastIndex = at - 1;
      const hit = hint.exec(block);
      if (hit === null) return;
      at = block.lastIndexOf('\n', hit.index) + 1;
      if (at >= end) return; // in the line that the next chunk goes on with
    }
    const newline = block.indexOf('\n', at);
    scanner.read(block.slice(at, Math.min(newline, at + maxLineLength)));
    at = newline + 1;
  }
}
