import { type Body, openBody } from './body.ts';
import { releaseKey } from '@klpkit/release';
import { facts } from './effect-ask.ts';
import { deliver, report } from './effect-record.ts';
import { isAgentError } from './error.ts';
import { failureOf } from './failure.ts';
import { readKillSwitch } from './kill-switch.ts';
import { perform } from './perform.ts';
import { timeAndChanceOf } from './port-defaults.ts';
import type { AbortOptions, AgentOptions, ShutdownOptions } from './ports.ts';
import type { AgentState } from './state.ts';
import type { StepEvent } from './step-event.ts';
import { stepFailed } from './step-failed.ts';
import { step } from './step.ts';

/** Runs the transition function over a body. Its calls must not overlap; whose turn it is is the caller's affair. */
export interface Engine {
  state(): AgentState;
  start(signal: AbortSignal | undefined): Promise<AgentState>;
  check(signal: AbortSignal | undefined): Promise<AgentState>;
  flush(stop?: AbortOptions): Promise<boolean>;
  shutdown(how?: ShutdownOptions): Promise<void>;
}

/** Makes one; opens nothing yet. */
export function createEngine(options: AgentOptions): Engine {
  let state: AgentState = { kind: 'idle' };
  let started = false;
  const { open, opened, forget } = openOnce(() => openBody(options));
  const drive = (body: Body, event: StepEvent, signal: AbortSignal | undefined) =>
    course(state, event, { body, signal, reached: (next) => (state = next) });
  const start = async (signal: AbortSignal | undefined) => {
    const body = await open();
    const event = { kind: 'started', facts: await facts({ body }) } as const;
    started = true;
    const ended = await drive(body, event, signal);
    started = ended.kind !== 'refused' || ended.phase !== 'check'; // else nothing was taken up, and the next check begins with it
    return ended;
  };
  /** A store that cannot be used is an answer: nothing was touched, and the next call tries again. */
  const unlessUnusable = (work: Promise<AgentState>) => work.catch((error) => (state = refusedBy(error, options)));
  const check = async (signal: AbortSignal | undefined) => {
    if (!started) await start(signal);
    if (!started) return state;
    return drive(await open(), { kind: 'check-due', killSwitch: await readKillSwitch(options) }, signal);
  };
  return {
    state: () => state,
    start: (signal) => unlessUnusable(start(signal)),
    check: (signal) => unlessUnusable(check(signal)),
    flush: async (stop) => (await opened())?.spool.flush(stop) ?? true,
    async shutdown({ machineGoesDown = false } = {}) {
      const body = await opened()?.catch(() => undefined);
      forget();
      started = false;
      if (body !== undefined) await noteStop(body);
      if (body !== undefined && machineGoesDown) await sayLeft(body);
      await options.store.unlock();
    },
  };
}

/** Opens at the first call and at the first after a failed one: a full disk or a lock need not stay. */
function openOnce<T>(openIt: () => Promise<T>) {
  let opened: Promise<T> | undefined;
  const forget = (): void => {
    opened = undefined;
  };
  const open = (): Promise<T> =>
    (opened ??= openIt().catch((error: unknown) => {
      forget();
      throw error;
    }));
  return { open, opened: () => opened, forget };
}

/** What it is to find the store unusable outside of any course. What else went wrong passes through. */
function refusedBy(error: unknown, options: AgentOptions): AgentState {
  if (!isAgentError(error, 'STATE_UNUSABLE')) throw error;
  const now = timeAndChanceOf(options).epochMs();
  const event = { kind: 'failed', phase: 'check', failure: failureOf(error), now } as const;
  const { state } = stepFailed({ kind: 'idle' }, event);
  options.onEvent?.({ kind: 'state', state });
  return state;
}

interface CourseOptions {
  readonly body: Body;
  readonly signal: AbortSignal | undefined;
  readonly reached: (state: AgentState) => void;
}

/** From one event to rest: each step's effects are run, and the answer of the last is the next event. */
async function course(
  from: AgentState,
  event: StepEvent,
  { body, signal, reached }: CourseOptions,
): Promise<AgentState> {
  let state = from;
  const bench = {};
  for (let next: StepEvent | undefined = event; next !== undefined; ) {
    const { state: to, effects } = step(state, next, body.context);
    state = to;
    reached(state);
    body.ports.onEvent?.({ kind: 'state', state });
    next = await perform(effects, { body, bench, signal });
  }
  await body.journal.catchUp();
  await body.status.ended(state, body.epochMs());
  return state;
}

async function noteStop({ journal, ports }: Body): Promise<void> {
  try {
    await journal.stopped();
  } catch (error) {
    const message = `The next boot will look like a crash: ${(error as Error).message}`;
    ports.onEvent?.({ kind: 'trouble', code: 'STOP_NOT_NOTED', message });
  }
}

/** The machine's last word of an unproven attempt; it has the time that an insertion gives the before-ping. */
async function sayLeft(body: Body): Promise<void> {
  const { open } = body.journal.memory();
  if (open === null) return;
  const draft = { kind: 'left', release: releaseKey(open.release) } as const;
  await report({ kind: 'report', draft, attemptId: open.attemptId }, { body, bench: {}, signal: undefined });
  await deliver({ body, bench: {}, signal: undefined });
}
