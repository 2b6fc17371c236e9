/** Where in a C file a line stands, told from the lines before it and the hunk's heading. */
export type Scope =
  | { readonly kind: 'function'; readonly name: string; readonly definition: string }
  /** Between the braces of a structure, union or enumeration. */
  | { readonly kind: 'type'; readonly name: string }
  /** Between the braces of an initialiser. */
  | { readonly kind: 'data'; readonly name: string }
  | { readonly kind: 'file' };

const outside: Scope = { kind: 'file' };

/** Macros that take arguments in front of a function's name. */
const decorations = new Set([
  '__attribute__',
  '__printf',
  '__acquires',
  '__releases',
  '__must_hold',
  '__section',
  '__aligned',
]);

/** The name that a definition gives: `SYSCALL_DEFINE3(open, …)` defines sys_open. */
function functionName(line: string): string | undefined {
  const [, call] = /^(?:COMPAT_)?SYSCALL_DEFINE[0-9]\((\w+)/.exec(line) ?? [];
  if (call !== undefined) return `sys_${call}`;
  for (const [, name = ''] of line.slice(0, 400).matchAll(/\b([A-Za-z_]\w*)\s*\(/g)) {
    if (!decorations.has(name)) return name;
  }
  return undefined;
}

/** What a line at the left margin begins, or `undefined` where it begins nothing. Kernel style: what is inside is indented. */
function begunBy(line: string): Scope | undefined {
  if (!/^[A-Za-z_]/.test(line)) return undefined;
  const code = line.replace(/\/\*.*?\*\/|\/\/.*$/g, '').trimEnd();
  const [, type] = /^(?:typedef\s+)?(?:struct|union|enum)(?:\s+(\w+))?[^=();]*\{$/.exec(code) ?? [];
  if (/^(?:typedef\s+)?(?:struct|union|enum)\b[^=();]*\{$/.test(code))
    return { kind: 'type', name: type ?? '(unnamed)' };
  if (/=\s*\{?$/.test(code)) {
    return {
      kind: 'data',
      name: /(\w+)\s*(?:\[[^\]]{0,80}\]\s*)*(?:__\w+\s*)*=\s*\{?$/.exec(code)?.[1] ?? '(unnamed)',
    };
  }
  if (!code.includes('(') || /[;:]$/.test(code) || /^\w+:/.test(code) || code.includes('=')) return undefined;
  const name = functionName(code);
  return name === undefined ? undefined : { kind: 'function', name, definition: code };
}

/** The scope that a hunk begins in, from its heading. git cuts headings at 80 bytes, so a definition may lack its end. */
export function scopeOfHeading(heading: string): Scope {
  return (
    begunBy(heading) ??
    (/^(?:struct|union|enum)\s+\w+/.test(heading) && !heading.includes('(')
      ? { kind: 'type', name: heading.split(/\s+/)[1] ?? '' }
      : outside)
  );
}

/** The scope of a line and of what comes after it. */
export function scopeAfter(scope: Scope, line: string): { at: Scope; next: Scope } {
  if (line.startsWith('}')) return { at: scope, next: outside };
  const begun = begunBy(line);
  if (begun !== undefined) return { at: begun, next: begun };
  // A declaration at the left margin ends what the heading named.
  if (/^[A-Za-z_#].*;\s*$/.test(line) && !/^\w+:/.test(line)) return { at: outside, next: outside };
  return { at: scope, next: scope };
}
