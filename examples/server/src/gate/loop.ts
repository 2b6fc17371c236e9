import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock, GateSettings } from '../config.ts';
import type { Database } from '../database/database.ts';
import { isServerError } from '../errors.ts';
import { mostRows } from '../ingest/read-part.ts';
import { readLog } from '../ingest/tally.ts';
import type { Published } from '../publish/published.ts';
import type { GateAct } from './gate.ts';
import { runGate } from './gate.ts';
import { expectedShare, phaseOf, reachedPhases } from './phase-of.ts';

/** Counts and decides, whenever it is told to and at least once an interval. */
export interface GateLoop {
  /** Pings were written: read them, decide. Returns at once; many calls become one reading. */
  kick(): void;
  /** Ends the reading that is under way and starts no other. */
  close(): Promise<void>;
}

interface LoopOptions {
  readonly settings: GateSettings;
  readonly published: Published;
  readonly clock: Clock;
  /** Whether this server is the one that counts and decides; the others only take pings. */
  readonly isLeader: () => boolean;
  readonly log: Logger;
  /** For the metrics. */
  readonly onAct: (release: string, act: GateAct) => void;
}

/** From the start of one reading to the next, unless the interval is shorter: a reading has a price of its own, whether it finds one ping or a thousand. */
const leastPeriodMs = 1000;

/** Starts the loop. An error is logged and the next round tries again; what was not read stays in the log. */
export function startGateLoop(database: Database, options: LoopOptions): GateLoop {
  const closing = new AbortController();
  let isWanted = false;
  let soaksSeenAt = 0;
  let begunAt = -leastPeriodMs;
  let running: Promise<void> | undefined;
  const round = async (): Promise<void> => {
    while (isWanted && !closing.signal.aborted && options.isLeader()) {
      await untilDue(begunAt + Math.min(leastPeriodMs, options.settings.intervalMs), closing.signal);
      if (closing.signal.aborted) return;
      begunAt = performance.now();
      isWanted = false;
      // A soak can end without a ping, but not every batch is worth a look at every rollout.
      const soaksToo = options.clock() - soaksSeenAt >= options.settings.intervalMs;
      if (soaksToo) soaksSeenAt = options.clock();
      await readAndDecide(database, { ...options, soaksToo, isClosed: () => closing.signal.aborted }).catch(
        (error: unknown) => {
          const isExpected = isServerError(error, 'DATABASE_UNAVAILABLE');
          options.log[isExpected ? 'warn' : 'error']({ err: error }, 'the gate could not read; it tries again');
        },
      );
    }
  };
  const kick = (): void => {
    isWanted = true;
    if (!closing.signal.aborted)
      running ??= round().finally(() => {
        running = undefined;
      });
  };
  const timer = setInterval(kick, options.settings.intervalMs);
  kick();
  return {
    kick,
    close: async () => {
      closing.abort();
      clearInterval(timer);
      await running;
    },
  };
}

/** At once where nothing was read of late. */
async function untilDue(dueAt: number, signal: AbortSignal): Promise<void> {
  const waitMs = dueAt - performance.now();
  if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
}

interface Round extends LoopOptions {
  readonly soaksToo: boolean;
  readonly isClosed: () => boolean;
}

async function readAndDecide(database: Database, options: Round): Promise<void> {
  const { settings, published, clock, isClosed } = options;
  const touched = new Set<string>();
  let rows = mostRows;
  for (let hasMore = true; hasMore && !isClosed(); ) {
    const result = await readLog(database, {
      gate: settings,
      phaseOf: (release, tier) => phaseOf(published.current(), release, tier),
      phases: reachedPhases(published.current()),
      expectedShare: (release, tier) =>
        expectedShare(published.current(), { release, tier, controlRate: settings.controlRate }),
      now: clock(),
      rows,
    });
    for (const release of result.touched) touched.add(release);
    hasMore = result.hasMore;
    rows = result.nextRows;
    // Long backlogs are judged on the way: a bad release must not wait for the end of it.
    await decideEach(database, touched, options);
    touched.clear();
  }
  if (!options.soaksToo) return;
  const soaking = [...published.current().byKey.values()]
    .filter(({ state }) => state.status.kind === 'running')
    .map(({ key }) => key);
  await decideEach(database, soaking, options);
}

async function decideEach(database: Database, releases: Iterable<string>, options: LoopOptions): Promise<void> {
  let isChanged = false;
  for (const release of releases) {
    const acts = await runGate(database, release, { settings: options.settings, now: options.clock() });
    for (const act of acts) {
      options.log.warn({ release, act }, 'the gate acted');
      options.onAct(release, act);
      isChanged = true;
    }
  }
  if (!isChanged) return;
  await options.published.refresh();
}
