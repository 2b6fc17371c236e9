/** One fenced block of Markdown. */
export interface Fence {
  /** What follows the opening backticks, as `ts run`. */
  readonly info: string;
  readonly code: string;
  /** Line of the first line of code, from 1. */
  readonly line: number;
}

/** All fenced blocks of a text. One that is never closed reaches to the end. */
export function fencesOf(markdown: string): Fence[] {
  const fences: Fence[] = [];
  let open: { info: string; mark: string; indent: number; line: number; code: string[] } | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    const mark = /^(\s*)(`{3,}|~{3,})\s*(.*)$/.exec(line);
    if (open === undefined) {
      if (mark !== null) {
        const [, space = '', ticks = '', info = ''] = mark;
        open = { info: info.trim(), mark: ticks, indent: space.length, line: index + 2, code: [] };
      }
    } else if (mark !== null && mark[3] === '' && (mark[2] as string).startsWith(open.mark)) {
      fences.push({ info: open.info, line: open.line, code: open.code.join('\n') });
      open = undefined;
    } else {
      open.code.push(line.slice(0, open.indent).trim() === '' ? line.slice(open.indent) : line);
    }
  }
  if (open !== undefined) fences.push({ info: open.info, line: open.line, code: open.code.join('\n') });
  return fences;
}
