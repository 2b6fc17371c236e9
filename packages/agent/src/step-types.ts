import type { DecideContext } from './decide.ts';
import type { Effect } from './effect.ts';
import type { Schedule } from './ports.ts';
import type { AgentState } from './state.ts';

/** What the pure function is given beside state and event. */
export interface StepContext extends DecideContext {
  readonly schedule: Schedule;
}

/** Where the agent stands now, and what is to be done there. */
export interface Step {
  readonly state: AgentState;
  readonly effects: readonly Effect[];
}
