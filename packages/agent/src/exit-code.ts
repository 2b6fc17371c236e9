import type { AgentStateKind } from './state.ts';

/** What a script learns from the program's end. */
export const exitCodes = {
  /** Healthy, nothing to apply, or not yet this machine's turn. */
  ok: 0,
  /** A patch is not on this machine that could be: blocked, refused, reversed, or no release will come. The machine is as it was. */
  notApplied: 1,
  /** Wrong use, or a configuration that cannot be used. */
  usage: 2,
  /** The machine needs a person: a bug since the load, an inserter that died or hung, a crash. */
  attention: 3,
} as const;

/**
 * The exit code of the state that a course ended in.
 *
 * @example
 * ```ts
 * import { exitCodeOf } from '@klpkit/agent';
 *
 * exitCodeOf('healthy'); // 0
 * exitCodeOf('crashed'); // 3
 * ```
 */
export function exitCodeOf(kind: AgentStateKind): number {
  switch (kind) {
    case 'healthy':
    case 'nothing-to-apply':
    case 'held':
    case 'idle':
    case 'switched-off':
    case 'interrupted':
      return exitCodes.ok;
    case 'applied-with-bug':
    case 'inserter-died':
    case 'inserter-hung':
    case 'crashed':
    case 'forced':
      return exitCodes.attention;
    default:
      return exitCodes.notApplied;
  }
}
