import { createEngine } from './engine.ts';
import { createEventHub } from './event-hub.ts';
import { timeAndChanceOf } from './port-defaults.ts';
import type { Agent, AgentOptions } from './ports.ts';
import { runForEver } from './run-for-ever.ts';
import { readStatus } from './status.ts';

/**
 * Makes the agent of one machine; touches nothing until it is started. State changes happen in one pure function (`step`); its
 * effects run around it, and their answers are fed back. Calls of `start`, `check` and `run` are served one after another.
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
  const hub = createEventHub(options.onEvent);
  const engine = createEngine({ ...options, onEvent: (event) => hub.tell(event) });
  const { store, kernel } = options;
  const timeAndChance = timeAndChanceOf(options);
  const { schedule, epochMs } = timeAndChance;
  const known = kernel === undefined ? {} : { kernel };
  /** One course at a time, in the order of the calls. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work, work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const agent: Agent = {
    state: () => engine.state(),
    events: (stop) => hub.events(stop),
    start: ({ signal } = {}) => inTurn(() => engine.start(signal)),
    check: ({ signal } = {}) => inTurn(() => engine.check(signal)),
    flush: (stop) => engine.flush(stop),
    run: (stop = {}) => runForEver(agent, timeAndChance, stop),
    status: () => readStatus({ store, now: epochMs(), checkIntervalMs: schedule.checkIntervalMs, ...known }),
    shutdown: (how) => inTurn(() => engine.shutdown(how)),
  };
  return agent;
}
