import { type Scope, scopeAfter, scopeOfHeading } from './c-scope.ts';
import type { DiffFile, DiffLine, Hunk } from './diff.ts';
import type { EffortSign, EffortSignKind } from './effort.ts';
import { signPoints } from './effort-points.ts';
import { definitionSigns, type FileKind, wordSigns } from './file-signs.ts';

/** What the changes of one file tell. */
export interface FileFindings {
  readonly functions: Set<string>;
  /** Of them, those that are gone once the kernel runs. */
  readonly gone: Set<string>;
  readonly signs: Map<string, EffortSign>;
  callbacks: boolean;
  shadows: boolean;
}

interface Place {
  readonly file: string;
  readonly findings: FileFindings;
}

/** Notes a sign, once for each thing. */
export function note(
  { file, findings }: Place,
  kind: EffortSignKind,
  what: string,
  line: number,
  blocks = false,
): void {
  const key = `${kind} ${what}`;
  if (!findings.signs.has(key)) findings.signs.set(key, { kind, file, line, what, points: signPoints[kind], blocks });
}

const isEmpty = (text: string): boolean => /^\s*(?:$|\/\/|\/\*|\*(?:[\s/]|$))/.test(text);

function inFunction(place: Place, scope: Extract<Scope, { kind: 'function' }>, line: DiffLine): void {
  const { name, definition } = scope;
  // In a header what is not inline is a declaration over several lines.
  if (place.file.endsWith('.h') && !/\binline\b/.test(definition)) return;
  place.findings.functions.add(name);
  for (const { kind, pattern } of definitionSigns) {
    if (!pattern.test(definition)) continue;
    if (kind === 'init') place.findings.gone.add(name);
    note(place, kind, name, line.line, kind === 'notrace');
  }
  if (/^[A-Za-z_]/.test(line.text) && line.kind === 'removed' && line.text.includes(`${name}(`)) {
    note(place, 'signature', name, line.line);
  }
}

/** A change at file level. What is only added is new with the livepatch; what was there already exists, and changes by a callback. */
function atFileLevel(place: Place, { text, kind, line }: DiffLine): void {
  if (/^#\s*define\b/.test(text)) note(place, 'macro', /^#\s*define\s+(\w+)/.exec(text)?.[1] ?? '#define', line);
  if (text.startsWith('#') || /\)\s*;\s*$/.test(text) || /^(?:struct|union|enum)\s+\w+;/.test(text)) return;
  if (/^[A-Za-z_].*(?:=.*|;\s*)$/.test(text) && kind === 'removed') {
    note(place, 'static-data', /(\w+)\s*(?:\[|=|;)/.exec(text)?.[1] ?? 'data', line);
    place.findings.callbacks = true;
  }
}

function changed(place: Place, scope: Scope, line: DiffLine): void {
  if (isEmpty(line.text)) return;
  for (const { kind, pattern, callbacks } of wordSigns) {
    const found = pattern.exec(line.text)?.[0];
    if (found === undefined) continue;
    note(place, kind, found, line.line);
    if (callbacks) place.findings.callbacks = true;
  }
  if (scope.kind === 'function') inFunction(place, scope, line);
  else if (scope.kind === 'type') {
    note(place, 'struct-layout', scope.name, line.line);
    if (line.kind === 'added') place.findings.shadows = true;
  } else if (scope.kind === 'data') {
    note(place, 'static-data', scope.name, line.line);
    place.findings.callbacks = true;
  } else atFileLevel(place, line);
}

/** Most characters of a line that are looked at. */
const maxLineLength = 500;

/** Walks a hunk. The old and the new text have scopes of their own, and a macro goes on where a line ends in a backslash. */
function scanHunk(place: Place, hunk: Hunk): void {
  const start = scopeOfHeading(hunk.heading);
  let [old, fresh] = [start, start];
  let macro: string | undefined;
  for (const whole of hunk.lines) {
    // No line of C is as long as that, and what looks at it may take the square of its length.
    const line = { ...whole, text: whole.text.slice(0, maxLineLength) };
    const before = scopeAfter(old, line.text);
    const after = scopeAfter(fresh, line.text);
    if (line.kind !== 'added') old = before.next;
    if (line.kind !== 'removed') fresh = after.next;
    const inMacro: string | undefined = /^\s*#\s*define\s+(\w+)/.exec(line.text)?.[1] ?? macro;
    macro = line.text.endsWith('\\') ? inMacro : undefined;
    if (line.kind === 'context') continue;
    if (inMacro !== undefined) note(place, 'macro', inMacro, line.line);
    else changed(place, line.kind === 'removed' ? before.at : after.at, line);
  }
}

/** Looks through the changes of one file of C. */
export function scanFile(file: DiffFile, kind: FileKind): FileFindings {
  const findings: FileFindings = {
    functions: new Set(),
    gone: new Set(),
    signs: new Map(),
    callbacks: false,
    shadows: false,
  };
  const place = { file: file.path, findings };
  if (kind === 'header') note(place, 'header', file.path, file.line);
  for (const hunk of file.hunks) scanHunk(place, hunk);
  return findings;
}
