import { type Body, openBody } from './body.ts';
import { facts } from './effect-ask.ts';
import { createEventHub } from './event-hub.ts';
import { readKillSwitch } from './kill-switch.ts';
import { perform } from './perform.ts';
import type { AbortOptions, Agent, AgentOptions } from './ports.ts';
import { runForEver } from './run-for-ever.ts';
import { defaultSchedule } from './schedule.ts';
import type { AgentState } from './state.ts';
import { readStatus } from './status.ts';
import type { StepEvent } from './step-event.ts';
import { step } from './step.ts';

/**
 * Makes the agent of one machine; touches nothing until it is started. State changes happen in one pure function ({@link step}); this one
 * only runs its effects and feeds their answers back. Calls of `start`, `check` and `run` are served one after another.
 *
 * @example
 * ```ts
 * import { createAgent, createFolderStore } from '@klpkit/agent';
 * import { createHttpsSource } from '@klpkit/agent/https';
 * import type { Trust } from '@klpkit/payload';
 *
 * export async function checkOnce(trust: Trust, ca: string): Promise<string> {
 *   const server = createHttpsSource({ url: 'https://patches.example.org:8443', ca });
 *   const agent = createAgent({
 *     identity: { machineId: undefined, appId: 'f03daaeb1c334b43a732172944bf772e', tier: 'internal' },
 *     trust,
 *     source: server,
 *     reporter: server,
 *     store: createFolderStore('/var/lib/klpkit'),
 *   });
 *   const { kind } = await agent.check();
 *   await agent.shutdown();
 *   return kind;
 * }
 * ```
 */
export function createAgent(options: AgentOptions): Agent {
  let state: AgentState = { kind: 'idle' };
  let opened: Promise<Body> | undefined;
  let started = false;
  let turn: Promise<unknown> = Promise.resolve();
  const hub = createEventHub(options.onEvent);
  const ports: AgentOptions = { ...options, onEvent: hub.tell };

  const drive = async (body: Body, event: StepEvent, signal: AbortSignal | undefined) => {
    const bench = {};
    for (let next: StepEvent | undefined = event; next !== undefined; ) {
      const { state: reached, effects } = step(state, next, body.context);
      state = reached;
      hub.tell({ kind: 'state', state });
      next = await perform(effects, { body, bench, signal });
    }
    await body.status.ended(state, body.epochMs());
    return state;
  };
  /** One course at a time, in the order of the calls. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work, work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const open = (): Promise<Body> => {
    opened ??= openBody(ports).catch((error: unknown) => {
      opened = undefined; // the next call tries again: a full disk or a lock need not stay
      throw error;
    });
    return opened;
  };
  const start = async (signal: AbortSignal | undefined) => {
    const body = await open();
    started = true;
    return drive(body, { kind: 'started', facts: await facts({ body }) }, signal);
  };
  const agent: Agent = {
    state: () => state,
    events: (stop) => hub.events(stop),
    start: ({ signal } = {}) => inTurn(() => start(signal)),
    check: ({ signal } = {}) =>
      inTurn(async () => {
        if (!started) await start(signal);
        const body = await open();
        return drive(body, { kind: 'check-due', killSwitch: await readKillSwitch(ports) }, signal);
      }),
    flush: async (stop?: AbortOptions) => (opened === undefined ? true : (await opened).spool.flush(stop)),
    run: (stop = {}) => runForEver(agent, open, stop),
    status: () => {
      const { store, kernel, schedule = defaultSchedule, epochMs = Date.now } = options;
      const known = kernel === undefined ? {} : { kernel };
      return readStatus({ store, now: epochMs(), checkIntervalMs: schedule.checkIntervalMs, ...known });
    },
    shutdown: () =>
      inTurn(async () => {
        try {
          if (opened !== undefined) await (await opened).journal.stopped();
        } catch (error) {
          const message = `The next boot will look like a crash: ${(error as Error).message}`;
          hub.tell({ kind: 'trouble', code: 'STOP_NOT_NOTED', message });
        }
        opened = undefined;
        started = false;
        await options.store.unlock();
      }),
  };
  return agent;
}
