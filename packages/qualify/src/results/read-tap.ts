import { linesOf } from './lines.ts';
import type { ReadContext } from './tap-level.ts';
import { createTapParser } from './tap-parser.ts';
import type { TestNode } from './test-node.ts';

/** Reads TAP or KTAP. */
export function readTap(text: string, context: ReadContext): TestNode[] {
  const parser = createTapParser(context);
  for (const { number, text: line } of linesOf(text)) parser.take(line, number);
  return parser.end();
}
