import type { TestStatus } from '../test-result.ts';

/** What a line of TAP or KTAP is. `text` lines are output of the test. */
export type TapLine =
  | { readonly kind: 'version' }
  | { readonly kind: 'plan'; readonly count: number; readonly skip: string | undefined }
  | { readonly kind: 'result'; readonly result: TapResult }
  | { readonly kind: 'subtest'; readonly name: string }
  | { readonly kind: 'bail'; readonly reason: string }
  | { readonly kind: 'text' };

/** A result line taken apart. */
export interface TapResult {
  readonly number: number | undefined;
  readonly name: string;
  readonly status: TestStatus;
  readonly reason: string;
}

const resultLine = /^(not )?ok(?=\s|$)(?:[ \t]+(\d{1,15})(?=\s|$))?[ \t]*(?:-[ \t]+)?(.*)$/;
const planLine = /^1\.\.(\d{1,15})[ \t]*(?:#[ \t]*(.*))?$/;
const directiveWord = /^(SKIP|TODO|XFAIL|XPASS|TIMEOUT|ERROR)\w*(?:[ \t:]+(.*))?$/i;

/** Splits at the first `#` that no backslash takes away and that stands after a blank or at the start. */
function splitDirective(text: string): { description: string; directive: string } {
  const found = /(?:^|[ \t])#/.exec(text.replaceAll(/\\[\\#]/g, '__'));
  const cut = found === null ? text.length : found.index;
  const directive = found === null ? '' : text.slice(found.index + found[0].length).trim();
  return {
    description: text
      .slice(0, cut)
      .trim()
      .replaceAll(/\\([\\#])/g, '$1'),
    directive,
  };
}

/**
 * The status that a directive makes of a result. kselftest prints `ok # XFAIL` for what failed as expected, while TODO says by `ok` that the
 * expected failure did not come (Documentation/dev-tools/ktap.rst, tools/testing/selftests/kselftest.h).
 */
function statusOf(ok: boolean, word: string): TestStatus {
  switch (word) {
    case 'SKIP':
      return 'skip';
    case 'TODO':
      return ok ? 'xpass' : 'xfail';
    case 'XFAIL':
      return 'xfail';
    case 'XPASS':
      return 'xpass';
    case 'TIMEOUT':
      return 'timeout';
    case 'ERROR':
      return 'error';
    default:
      return ok ? 'pass' : 'fail';
  }
}

function readResult(match: RegExpExecArray): TapResult {
  const { description, directive } = splitDirective(match[3] ?? '');
  const found = directiveWord.exec(directive);
  const word = found?.[1]?.toUpperCase() ?? '';
  const rest = found === null ? directive : (found[2] ?? '').trim();
  // kselftest.h puts the name behind the directive: `ok 3 # SKIP name`.
  const name = description === '' ? rest : description;
  const number = match[2] === undefined ? undefined : Number(match[2]);
  return { number, name, status: statusOf(match[1] === undefined, word), reason: description === '' ? '' : rest };
}

/** Tells what a line is; its indentation must be taken off before. */
export function classifyTap(line: string): TapLine {
  const first = line.charCodeAt(0);
  if (first === 0x6f || first === 0x6e) {
    const match = resultLine.exec(line);
    return match === null ? { kind: 'text' } : { kind: 'result', result: readResult(match) };
  }
  if (first === 0x31) {
    const match = planLine.exec(line);
    if (match === null) return { kind: 'text' };
    const skip = match[2] === undefined ? undefined : /^SKIP\w*[ \t:]*(.*)$/i.exec(match[2])?.[1];
    return { kind: 'plan', count: Number(match[1]), skip };
  }
  if (/^K?TAP version \d{1,3}$/i.test(line.trimEnd())) return { kind: 'version' };
  if (line.startsWith('# Subtest: ')) return { kind: 'subtest', name: line.slice(11).trim() };
  if (line.startsWith('Bail out!')) return { kind: 'bail', reason: line.slice(9).trim() };
  return { kind: 'text' };
}
