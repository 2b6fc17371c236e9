import type { EffortSignKind } from './effort.ts';

/** What each thing adds to the score. Weights, not hours: they put fixes in an order, and were set by hand. */
export const points = {
  /** A file with code. */
  file: 1,
  /** A function that is changed: each is copied whole into the livepatch, with all that it refers to. */
  function: 2,
  /** Ten changed lines, begun ones counted. */
  tenLines: 1,
} as const;

/**
 * What each sign adds, once for each file and thing.
 *
 * @example
 * ```ts
 * import { signPoints } from '@klpkit/triage';
 *
 * const worst = signPoints['struct-layout']; // 12
 * ```
 */
export const signPoints: Readonly<Record<EffortSignKind, number>> = {
  'struct-layout': 12,
  header: 4,
  inline: 6,
  macro: 6,
  'static-data': 8,
  'static-key': 8,
  init: 8,
  notrace: 20,
  assembly: 20,
  boot: 20,
  build: 2,
  'not-c': 20,
  locking: 4,
  exported: 3,
  'per-cpu': 8,
  signature: 5,
  initialiser: 4,
  nothing: 20,
};

/** Highest score of an easy livepatch. */
export const easyUpTo = 12;
/** Highest score of a medium one. */
export const mediumUpTo = 32;
