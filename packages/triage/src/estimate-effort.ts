import { type DiffFile, parseDiff } from './diff.ts';
import type { Effort, EffortClass, EffortSign, EffortSignKind } from './effort.ts';
import { easyUpTo, mediumUpTo, points, signPoints } from './effort-points.ts';
import { type FileKind, fileKind } from './file-signs.ts';
import { type FileFindings, scanFile } from './scan-file.ts';

/** A file that no livepatch can carry, by its kind alone. */
function wholeFileSign(file: DiffFile, kind: FileKind): EffortSign | undefined {
  if (kind === 'code' || kind === 'header' || kind === 'ignored')
    return file.binary ? signOf('not-c', file, true) : undefined;
  return signOf(kind, file, kind !== 'build');
}

function signOf(kind: EffortSignKind, { path, line }: DiffFile, blocks: boolean): EffortSign {
  return { kind, file: path, line, what: path, points: signPoints[kind], blocks };
}

/** What is left to redirect: if nothing is, or only what is gone by now, there is no livepatch. */
function nothingLeft(files: readonly DiffFile[], found: readonly FileFindings[]): EffortSign[] {
  const functions = found.reduce((sum, { functions: all }) => sum + all.size, 0);
  const gone = found.reduce((sum, { gone: all }) => sum + all.size, 0);
  const [first] = files;
  if (first === undefined || functions > gone) return [];
  // A header's inline functions, macros and structures live on in the functions that use them, and data are a callback's work.
  const livesOn = found.some(({ signs }) =>
    [...signs.values()].some(({ kind }) => ['macro', 'static-data', 'struct-layout'].includes(kind)),
  );
  if (functions === 0 && livesOn) return [];
  const what = functions === 0 ? 'no function is changed' : 'only code that runs once is changed';
  return [{ ...signOf('nothing', first, true), what }];
}

function countLines(files: readonly DiffFile[], kind: 'added' | 'removed'): number {
  const lines = files.flatMap(({ hunks }) => hunks.flatMap((hunk) => hunk.lines));
  return lines.filter((line) => line.kind === kind).length;
}

function classOf(score: number, signs: readonly EffortSign[], callbacks: boolean, shadows: boolean): EffortClass {
  if (signs.some(({ blocks }) => blocks)) return 'impossible';
  if (score > mediumUpTo || (callbacks && shadows)) return 'complex';
  return score > easyUpTo || callbacks || shadows ? 'medium' : 'easy';
}

/**
 * Estimates the work of a livepatch from the diff of the upstream fix: 1 point a file, 2 a function, 1 for ten lines begun, and the
 * points of each sign (`signPoints`). Up to 12 is easy, up to 32 medium, more complex; what needs a callback or a shadow variable is
 * never easy, and what needs both is complex. A sign that blocks makes it impossible. It is told from the text of the diff alone: what the
 * compiler inlines or clones is not seen.
 *
 * @throws TriageError `MALFORMED_DIFF` with the line, or `TOO_LARGE`.
 * @example
 * ```ts
 * import { estimateEffort } from '@klpkit/triage';
 *
 * const diff = `--- a/net/core/sock.c
 * +++ b/net/core/sock.c
 * @@ -10,3 +10,3 @@ int sock_example(struct sock *sk)
 *  {
 * -	return 0;
 * +	return -EINVAL;
 *  }
 * `;
 * const effort = estimateEffort(diff); // easy, functions: ['net/core/sock.c:sock_example']
 * ```
 */
export function estimateEffort(diff: string): Effort {
  const files = parseDiff(diff).filter(({ path }) => fileKind(path) !== 'ignored');
  const scanned = files.filter(({ path }) => ['code', 'header'].includes(fileKind(path)));
  const found = scanned.map((file) => scanFile(file, fileKind(file.path)));
  const callbacks = found.some((one) => one.callbacks);
  const shadows = found.some((one) => one.shadows);
  const told = [
    ...files.flatMap((file) => wholeFileSign(file, fileKind(file.path)) ?? []),
    ...found.flatMap((one) => [...one.signs.values()]),
  ];
  const signs = told.some(({ blocks }) => blocks) ? told : [...told, ...nothingLeft(files, found)];
  const functions = scanned.flatMap(({ path }, index) =>
    [...(found[index]?.functions ?? [])].map((name) => `${path}:${name}`),
  );
  const [added, removed] = [countLines(files, 'added'), countLines(files, 'removed')];
  const score =
    points.file * files.length +
    points.function * functions.length +
    points.tenLines * Math.ceil((added + removed) / 10) +
    signs.reduce((sum, sign) => sum + sign.points, 0);
  return {
    class: files.length === 0 ? 'impossible' : classOf(score, signs, callbacks, shadows),
    score,
    files: files.map(({ path }) => path),
    functions,
    addedLines: added,
    removedLines: removed,
    signs,
    needsCallbacks: callbacks,
    needsShadowVariables: shadows,
  };
}
