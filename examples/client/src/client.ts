import { type Body, openBody } from './body.ts';
import { facts } from './effect-ask.ts';
import type { ClientEvent } from './event.ts';
import { perform } from './perform.ts';
import type { AbortOptions, Client, ClientPorts } from './ports.ts';
import type { ClientState } from './state.ts';
import { step } from './step.ts';

/** Checks of a fleet are spread over this share of the interval, so that they do not come all at once. */
const JITTER = 0.2;

/** A server that says "ask again in a moment" is not asked more often than this share of the interval. */
const SHORTEST = 0.1;

/**
 * Makes the client of one machine; touches nothing until it is started. State changes happen in one pure function ({@link step}); this file
 * only runs its effects and feeds their answers back.
 */
export function createClient(ports: ClientPorts): Client {
  let state: ClientState = { kind: 'idle' };
  let opened: Promise<Body> | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const drive = async (body: Body, event: ClientEvent, signal: AbortSignal | undefined) => {
    const bench = {};
    for (let next: ClientEvent | undefined = event; next !== undefined; ) {
      const { state: reached, effects } = step(state, next, body.context);
      state = reached;
      ports.onNotice?.({ kind: 'state', state });
      next = await perform(effects, { body, bench, signal });
    }
    return state;
  };
  /** One course at a time, in the order of the calls. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work, work);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const start = async (signal: AbortSignal | undefined) => {
    opened ??= openBody(ports);
    const body = await opened;
    return drive(body, { kind: 'started', facts: await facts({ body }) }, signal);
  };
  const check = async (signal: AbortSignal | undefined) => {
    if (opened === undefined) await start(signal);
    const body = await (opened as unknown as Promise<Body>);
    return drive(body, { kind: 'check-due' }, signal);
  };
  const client: Client = {
    state: () => state,
    start: ({ signal } = {}) => inTurn(() => start(signal)),
    check: ({ signal } = {}) => inTurn(() => check(signal)),
    flush: async (options) => (opened === undefined ? true : (await opened).spool.flush(options)),
    run: ({ signal } = {}) => runForEver(client, signal, () => opened),
  };
  return client;
}

async function runForEver(
  client: Client,
  signal: AbortSignal | undefined,
  opened: () => Promise<Body> | undefined,
): Promise<never> {
  const stop: AbortOptions = signal === undefined ? {} : { signal };
  await client.start(stop);
  for (;;) {
    const state = await client.check(stop);
    const body = await opened();
    if (body === undefined) throw new TypeError('a client that checked is open');
    const { checkIntervalMs } = body.schedule;
    const askedMs = state.kind === 'held' ? (state.retryAfterMs ?? checkIntervalMs) : checkIntervalMs;
    const spread = 1 - JITTER / 2 + JITTER * body.random.fraction();
    const waitMs = Math.min(Math.max(askedMs, checkIntervalMs * SHORTEST), checkIntervalMs);
    await body.clock.sleep(waitMs * spread, signal);
  }
}
