/** How hard a livepatch is to write. `unknown`: no diff was given. `impossible`: no livepatch can carry the fix. */
export type EffortClass = 'easy' | 'medium' | 'complex' | 'unknown' | 'impossible';

/** Something in a diff that makes a livepatch harder, or impossible. */
export interface EffortSign {
  readonly kind: EffortSignKind;
  /** File in the kernel's source. */
  readonly file: string;
  /** Line of the diff, from 1. */
  readonly line: number;
  /** What was found: a function, a structure, a word. */
  readonly what: string;
  /** Points that it adds to the score. */
  readonly points: number;
  /** Whether this change cannot be carried by a livepatch. */
  readonly blocks: boolean;
}

/**
 * Kinds of {@link EffortSign}.
 *
 * - `struct-layout`: a structure changes; objects that exist have the old layout.
 * - `header`: a header changes, so callers elsewhere may be compiled anew.
 * - `inline`: an inline function changes; every function that it was inlined into has to be patched.
 * - `macro`: a macro changes, likewise.
 * - `static-data`: data that exist already change; only a callback can do that.
 * - `static-key`: code that is switched by patching it (static keys, static calls).
 * - `init`: code that ran once and is gone (`__init`, `__exit`).
 * - `notrace`: a function that ftrace does not reach (`notrace`, `noinstr`): it cannot be redirected.
 * - `assembly`, `boot`: assembly, or code that runs before the kernel or outside it (boot, EFI stub, vDSO).
 * - `build`: Makefiles, Kconfig, device trees.
 * - `not-c`: Rust or binary files.
 * - `locking`: the order of locks changes, while old and new code run side by side.
 * - `exported`: what is exported to modules changes.
 * - `per-cpu`: per-CPU data change.
 * - `signature`: a function's parameters change, so that all its callers do.
 * - `initialiser`: objects are set up differently; those that exist were set up the old way.
 * - `nothing`: no function changes, so there is nothing to redirect.
 */
export type EffortSignKind =
  | 'struct-layout'
  | 'header'
  | 'inline'
  | 'macro'
  | 'static-data'
  | 'static-key'
  | 'init'
  | 'notrace'
  | 'assembly'
  | 'boot'
  | 'build'
  | 'not-c'
  | 'locking'
  | 'exported'
  | 'per-cpu'
  | 'signature'
  | 'initialiser'
  | 'nothing';

/** An estimate of the work of a livepatch, from the upstream fix. */
export interface Effort {
  readonly class: EffortClass;
  /** Points; `null` where the class is `unknown`. */
  readonly score: number | null;
  /** Files of the kernel that it changes, documentation and self-tests left out. */
  readonly files: readonly string[];
  /** Functions that it changes, `file:function`. */
  readonly functions: readonly string[];
  readonly addedLines: number;
  readonly removedLines: number;
  readonly signs: readonly EffortSign[];
  /** Whether state that exists already has to be put right: a livepatch callback. */
  readonly needsCallbacks: boolean;
  /** Whether a structure grows: a shadow variable. */
  readonly needsShadowVariables: boolean;
}

/**
 * The estimate where nothing is known of the fix.
 *
 * @example
 * ```ts
 * import { unknownEffort } from '@klpkit/triage';
 *
 * const word = unknownEffort.class; // 'unknown'
 * ```
 */
export const unknownEffort: Effort = {
  class: 'unknown',
  score: null,
  files: [],
  functions: [],
  addedLines: 0,
  removedLines: 0,
  signs: [],
  needsCallbacks: false,
  needsShadowVariables: false,
};
