import type { AgentStateKind } from './state.ts';

const kinds = {
  idle: true,
  'switched-off': true,
  checking: true,
  'nothing-to-apply': true,
  held: true,
  blocked: true,
  'kernel-upgrade-required': true,
  downloading: true,
  verifying: true,
  inserting: true,
  transitioning: true,
  stalled: true,
  forced: true,
  applied: true,
  soaking: true,
  healthy: true,
  refused: true,
  'insert-failed': true,
  'inserter-died': true,
  'inserter-hung': true,
  reversed: true,
  'applied-with-bug': true,
  interrupted: true,
  crashed: true,
} satisfies Record<AgentStateKind, true>;

/** The names of all states, for what has to list them; the compiler keeps it complete. */
export const agentStateKinds = Object.keys(kinds) as [AgentStateKind, ...AgentStateKind[]];
