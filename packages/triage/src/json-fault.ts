const space = /[ \t\n\r]*/y;
const scalar = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** What is wrong with a text that should be JSON, and at which offset. */
export interface JsonFault {
  readonly kind: 'syntax' | 'depth';
  readonly offset: number;
}

function matchAt(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return pattern.test(text) ? pattern.lastIndex : -1;
}

/** Offset behind the string that begins at `offset`, or minus (the fault's offset + 1). A loop, because a regular expression would recurse. */
function stringEnd(text: string, offset: number): number {
  let at = offset + 1;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22) return at + 1;
    if (unit < 0x20) return -(at + 1);
    if (unit !== 0x5c) at += 1;
    else {
      const end = matchAt(escape, text, at);
      if (end < 0) return -(at + 1);
      at = end;
    }
  }
  return -(text.length + 1);
}

type Expect = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end';

/** Reads past one token; what may come next, where. Kept apart from the loop so that each can be read by itself. */
function step(text: string, at: number, expect: Expect, open: string[]): { at: number; expect: Expect } | number {
  const sign = text[at];
  const closes = (open.at(-1) === '{' && sign === '}') || (open.at(-1) === '[' && sign === ']');
  if (closes && expect !== 'value' && expect !== 'key' && expect !== 'colon') {
    open.pop();
    return { at: at + 1, expect: 'comma-or-end' };
  }
  if (expect === 'comma-or-end') {
    if (sign !== ',') return at;
    return { at: at + 1, expect: open.at(-1) === '{' ? 'key' : 'value' };
  }
  if (expect === 'colon') return sign === ':' ? { at: at + 1, expect: 'value' } : at;
  const wantsKey = expect === 'key' || expect === 'key-or-end';
  if (sign === '"') {
    const end = stringEnd(text, at);
    return end < 0 ? -end - 1 : { at: end, expect: wantsKey ? 'colon' : 'comma-or-end' };
  }
  if (wantsKey) return at;
  if (sign === '{' || sign === '[') {
    open.push(sign);
    return { at: at + 1, expect: sign === '{' ? 'key-or-end' : 'value-or-end' };
  }
  const end = matchAt(scalar, text, at);
  return end < 0 ? at : { at: end, expect: 'comma-or-end' };
}

/**
 * The first fault of a text that should be one JSON value (RFC 8259), or `undefined`. Linear, and it does not recurse; engines differ in
 * whether they tell the place, and none has a limit of nesting.
 */
export function findJsonFault(text: string, maxDepth: number): JsonFault | undefined {
  const open: string[] = [];
  let state: { at: number; expect: Expect } = { at: 0, expect: 'value' };
  let begun = false;
  for (;;) {
    const at = matchAt(space, text, state.at);
    if (begun && open.length === 0) return at === text.length ? undefined : { kind: 'syntax', offset: at };
    if (at >= text.length) return { kind: 'syntax', offset: text.length };
    const next = step(text, at, state.expect, open);
    if (typeof next === 'number') return { kind: 'syntax', offset: next };
    if (open.length > maxDepth) return { kind: 'depth', offset: at };
    begun = true;
    state = next;
  }
}
