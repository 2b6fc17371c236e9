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

/** Kinds of {@link EffortSign}; the README has the table of points. */
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
  | 'generic';

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
