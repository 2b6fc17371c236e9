/** A place in the kernel's code, as %pS prints it. */
export interface StackFrame {
  /** Function without the compiler's suffixes (`.isra.0`, `.cold`). */
  readonly function: string;
  /** The module it is in; `null` for the kernel itself. */
  readonly module: string | null;
  /** As in the log, without address: `func+0x1a/0x40 [module]`. */
  readonly text: string;
  /** False for what the unwinder only guesses: `? func`, `(unreliable)`. */
  readonly reliable: boolean;
}

/** Where the kernel was executing. */
export interface InstructionPointer {
  /** `null` for an address that no symbol covers: a wild jump. */
  readonly frame: StackFrame | null;
}

const symbol = String.raw`([A-Za-z_$][\w.$]{0,511})\+0x[0-9a-f]{1,16}\/0x[0-9a-f]{1,16}`;
// Between a symbol and its module stands file:line in symbolised logs; after it a build id and, on arm64, marks such as (P).
const place = String.raw`(?:[ \t]+[\w./-]+:\d+)?(?: \[([\w-]{1,64})(?: [0-9a-f]{40})?\])?`;
const address = String.raw`(?:\[<?(?:0x)?(?:[0-9a-f]{4,16}|\(ptrval\)|\(____ptrval____\)|\(null\))>?\][ \t]*)`;

const frameLine = new RegExp(
  String.raw`^[ \t]*(\()?${address}{0,2}(\? +)?(?::([\w-]{1,64}):)?${symbol}${place}( \(unreliable\))?`,
);
/** arm: `[<c0112b3c>] (unwind_backtrace) from [<c010da6c>] (show_stack+0x18/0x1c)`, newer without addresses. */
const armFrameLine = /^[ \t]*(?:\[<[0-9a-f]{8}>\] )?\(?([A-Za-z_$][\w.$]{0,511})(?: \[([\w-]{1,64})\])?\)? from /;

const bareSymbol = new RegExp(`^${symbol}${place}`);
const oldModuleSymbol = new RegExp(String.raw`^:([\w-]{1,64}):${symbol}`);

const x86Pointer = new RegExp(String.raw`^(?:RIP|EIP|IP)(?: is at |: ?| +(?=\[<))(?:([0-9a-f]{4}):)? *${address}{0,2}`);
const otherPointers = [
  /^[ \t]*pc : (?=[A-Za-z_$])/, // arm64
  /^PC is at /, // arm
  /^Krnl PSW : [0-9a-f]{16} [0-9a-f]{16} \(/, // s390
  /^NIP \[[0-9a-f]{8,16}\] /, // powerpc
  /^[ \t]*epc *: (?:[0-9a-f]{8,16} )?(?=[A-Za-z_$])/, // riscv, mips
  /^[ \t]*(?:ERA|pc): [0-9a-f]{16} (?=[A-Za-z_$])/, // loongarch
];

/** Reads a line of a stack trace. */
export function parseStackFrame(text: string): StackFrame | undefined {
  if (!text.includes('+0x')) {
    const arm = text.includes(' from ') ? armFrameLine.exec(text) : null;
    return arm?.[1] === undefined ? undefined : frameOf(arm[1], arm[2], true);
  }
  const match = frameLine.exec(text);
  if (match?.[4] === undefined) {
    const arm = armFrameLine.exec(text);
    return arm?.[1] === undefined ? undefined : frameOf(arm[1], arm[2], true);
  }
  const offset = offsetOf(text, match[4]);
  const guessed = match[1] !== undefined || match[2] !== undefined || match[6] !== undefined || isBehind(offset);
  return frameOf(match[4], match[5] ?? match[3], !guessed, offset);
}

/** Reads a line that tells the instruction pointer in the kernel; a pointer into user space is none. */
export function parseInstructionPointer(text: string): InstructionPointer | undefined {
  const x86 = x86Pointer.exec(text);
  if (x86 !== null) return x86PointerOf(x86, text);
  for (const pattern of otherPointers) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const frame = parseSymbol(text.slice(match[0].length));
    if (frame !== undefined) return { frame };
  }
  return undefined;
}

function x86PointerOf(match: RegExpExecArray, text: string): InstructionPointer | undefined {
  // The low two bits of the code segment are the privilege level: 3 is user space.
  if (match[1] !== undefined && (Number.parseInt(match[1], 16) & 3) === 3) return undefined;
  const rest = text.slice(match[0].length);
  const frame = parseSymbol(rest);
  if (frame !== undefined) return { frame };
  const wild = match[0].includes('[<') || /^(?:0x[0-9a-f]{1,16}|\(null\)|[ \t]*$)/.test(rest);
  return wild ? { frame: null } : undefined;
}

/** Reads `func+0x1a/0x40 [module]` alone. */
export function parseSymbol(text: string): StackFrame | undefined {
  const match = bareSymbol.exec(text);
  if (match?.[1] !== undefined) return frameOf(match[1], match[2], true, offsetOf(text, match[1]));
  const old = oldModuleSymbol.exec(text);
  return old?.[2] === undefined ? undefined : frameOf(old[2], old[1], true, offsetOf(text, old[2]));
}

function offsetOf(text: string, name: string): string {
  const start = text.indexOf(`${name}+0x`) + name.length;
  return /^\+0x[0-9a-f]{1,16}\/0x[0-9a-f]{1,16}/.exec(text.slice(start, start + 40))?.[0] ?? '';
}

/**
 * A call that does not return may be the last of its function. The return address is then the end of that function, and the name
 * that stands there is the one of the function before it or behind it.
 */
function isBehind(offset: string): boolean {
  const [, at, size] = /^\+(0x[0-9a-f]+)\/(0x[0-9a-f]+)$/.exec(offset) ?? [];
  return at !== undefined && size !== undefined && Number(at) >= Number(size);
}

function frameOf(name: string, module: string | undefined, reliable: boolean, offset = ''): StackFrame {
  // `[inline]` is what symbolisers write for an inlined function.
  const owner = module === undefined || module === 'inline' ? null : module;
  const dot = name.indexOf('.', 1);
  return {
    function: dot === -1 ? name : name.slice(0, dot),
    module: owner,
    text: owner === null ? `${name}${offset}` : `${name}${offset} [${owner}]`,
    reliable,
  };
}
