/**
 * The agent of a livepatch service: check, decide, download, verify, record, insert, watch, ping. One pure transition function with effects
 * around it; the kernel, the source of releases, the place where pings go, the store and the time are arguments.
 *
 * @packageDocumentation
 */
export { createAgent } from './agent.ts';
export type { Effect, PingDraft } from './effect.ts';
export { AgentError, type AgentErrorCode, type AgentErrorInit, isAgentError } from './error.ts';
export { exitCodeOf, exitCodes } from './exit-code.ts';
export { createFolderStore } from './folder-store.ts';
export { clearSuspects, type Outcome, type SuspectOutcome } from './journal.ts';
export type { KillSwitch } from './kill-switch.ts';
export type { BootRecord, HeldPatch, Memory, OpenRecord, RecordChange, Suspect, SuspectReason } from './memory.ts';
export type {
  AbortOptions,
  Agent,
  AgentEvent,
  AgentOptions,
  AgentPolicy,
  AgentRandom,
  Candidate,
  Identity,
  Offer,
  OfferQuery,
  Reporter,
  Schedule,
  ShutdownOptions,
  Source,
} from './ports.ts';
export { defaultSchedule, fasterSchedule } from './schedule.ts';
export type { AgentState, AgentStateKind, Attempt, Failure, Phase } from './state.ts';
export { step } from './step.ts';
export type { Facts, StepEvent } from './step-event.ts';
export type { Step, StepContext } from './step-types.ts';
export type { DecideContext } from './decide.ts';
export {
  type AgentStatus,
  exitCodeOfStatus,
  readStatus,
  type ReadStatusOptions,
  type StatusUnknown,
} from './status.ts';
export { agentStateKinds } from './state-kinds.ts';
export { type AgentStore, storeNames } from './store.ts';
