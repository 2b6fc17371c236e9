import { TriageError } from './error.ts';

/** Most characters of a fix. Series of hundreds of files are no candidates for a livepatch. */
const maxCharacters = 4_194_304;
/** Most characters of a heading; git cuts them at 80 bytes. */
const maxHeading = 200;
/** Most files in a fix. */
const maxFiles = 1000;

/** One line of a hunk. */
export interface DiffLine {
  readonly kind: 'context' | 'added' | 'removed';
  readonly text: string;
  /** Line of the diff, from 1. */
  readonly line: number;
}

export interface Hunk {
  /** What stands behind the second `@@`: for C the line of the last definition above. */
  readonly heading: string;
  readonly line: number;
  readonly lines: readonly DiffLine[];
}

export interface DiffFile {
  /** Path in the source, without `a/` or `b/`. */
  readonly path: string;
  readonly line: number;
  /** Whether its content is not text. */
  readonly binary: boolean;
  readonly hunks: readonly Hunk[];
}

function wrong(line: number, message: string): TriageError {
  return new TriageError('MALFORMED_DIFF', message, { at: `line ${line}` });
}

const pathIn = (text: string): string => (text.split('\t')[0] ?? '').trim().replace(/^[ab]\//, '');

const hunkForm = /^@@ -[0-9]{1,9}(?:,([0-9]{1,6}))? \+[0-9]{1,9}(?:,([0-9]{1,6}))? @@ ?(.*)$/;
const kinds: Readonly<Record<string, DiffLine['kind']>> = {
  ' ': 'context',
  '+': 'added',
  '-': 'removed',
  '': 'context',
};

/** Reads the hunk at `start`, which must have just as many lines as it says; where it ends. */
function readHunk(lines: readonly string[], start: number): { hunk: Hunk; end: number } {
  const [, before = '1', after = '1', heading = ''] = hunkForm.exec(lines[start] ?? '') ?? [];
  let [old, fresh] = [Number(before), Number(after)];
  const body: DiffLine[] = [];
  let at = start + 1;
  while (old > 0 || fresh > 0) {
    const text = lines[at];
    // Editors and mail drop the blank of an empty context line.
    const kind = text === undefined ? undefined : kinds[text.slice(0, 1)];
    if (text?.startsWith('\\') === true) {
      at += 1;
      continue;
    }
    if (text === undefined || kind === undefined) throw wrong(at + 1, 'the hunk ends before it has all its lines.');
    if (kind !== 'added') old -= 1;
    if (kind !== 'removed') fresh -= 1;
    if (old < 0 || fresh < 0) throw wrong(at + 1, 'the hunk has other lines than its first line says.');
    body.push({ kind, text: text.slice(1).replace(/\r$/, ''), line: at + 1 });
    at += 1;
  }
  return { hunk: { heading: heading.slice(0, maxHeading).trim(), line: start + 1, lines: body }, end: at };
}

interface OpenFile {
  path: string;
  line: number;
  binary: boolean;
  hunks: Hunk[];
}

/** The file that two lines `--- a/x` and `+++ b/x` begin; `/dev/null` is what came or went. */
function fileAt(lines: readonly string[], at: number): OpenFile | undefined {
  const [before, after] = [lines[at] ?? '', lines[at + 1] ?? ''];
  if (!before.startsWith('--- ') || !after.startsWith('+++ ') || !(lines[at + 2] ?? '').startsWith('@@ '))
    return undefined;
  const [old, fresh] = [pathIn(before.slice(4)), pathIn(after.slice(4))];
  return { path: fresh === '/dev/null' ? old : fresh, line: at + 1, binary: false, hunks: [] };
}

function binaryAt(lines: readonly string[], at: number): OpenFile | undefined {
  const line = lines[at] ?? '';
  const [, named] = /^Binary files \S+ and (?:b\/)?(\S+) differ$/.exec(line) ?? [];
  if (named === undefined && line !== 'GIT binary patch') return undefined;
  return { path: named ?? 'a binary file', line: at + 1, binary: true, hunks: [] };
}

/**
 * Reads a unified diff, as `git show` and `git format-patch` write it. Text before and between (a commit message) is passed over.
 *
 * @throws TriageError `MALFORMED_DIFF` with the line, or `TOO_LARGE`.
 */
export function parseDiff(text: string): DiffFile[] {
  if (text.length > maxCharacters)
    throw new TriageError('TOO_LARGE', `a diff of more than ${maxCharacters} characters.`);
  const lines = text.replace(/\n$/, '').split('\n');
  const files: OpenFile[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? '';
    if (line.startsWith('@@@ '))
      throw wrong(at + 1, 'this is the diff of a merge: give that of the commit that fixes it.');
    const begun = fileAt(lines, at) ?? binaryAt(lines, at);
    if (begun !== undefined) {
      files.push(begun);
      if (files.length > maxFiles) throw new TriageError('TOO_LARGE', `a diff of more than ${maxFiles} files.`);
      at += begun.binary ? 1 : 2;
    } else if (line.startsWith('@@ ')) {
      if (!hunkForm.test(line)) throw wrong(at + 1, 'the first line of a hunk is "@@ -1,2 +1,3 @@".');
      const { hunk, end } = readHunk(lines, at);
      const file = files.at(-1);
      if (file === undefined) throw wrong(at + 1, 'a hunk before the name of its file.');
      file.hunks.push(hunk);
      at = end;
    } else at += 1;
  }
  if (files.length === 0) throw new TriageError('MALFORMED_DIFF', 'this is no unified diff: no file is changed in it.');
  return files;
}
