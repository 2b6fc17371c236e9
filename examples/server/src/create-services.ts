import type { Trust } from '@klpkit/payload';
import type { Logger } from 'pino';
import { createTokenCheck } from './access/token-check.ts';
import { type Changes, openChanges } from './changes/changes.ts';
import type { Closers } from './closers.ts';
import type { Database } from './database/database.ts';
import type { Leadership } from './database/leadership.ts';
import { openPayloadStore } from './files/payload-store.ts';
import type { GateAct } from './gate/gate.ts';
import { type GateLoop, startGateLoop } from './gate/loop.ts';
import { createLeaderWaker } from './gate/wake-leader.ts';
import { createGroupCommit } from './ingest/group-commit.ts';
import { createIntake } from './ingest/intake.ts';
import { openPingLog, type TakenPing } from './ingest/ping-log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { openPublished, type Published } from './publish/published.ts';
import type { Queue, QueueParts } from './queue/open-queue.ts';
import type { SigningLoop } from './repository/signing-loop.ts';
import type { SigningParts } from './repository/start-signing.ts';
import type { ResolvedConfig } from './resolve-config.ts';
import type { Services } from './services.ts';
import type { StateDir } from './state-dir.ts';

/** Pings in one transaction. */
const maxGroup = 5_000;

/** What {@link createServices} puts together. */
export interface ServiceParts {
  readonly config: ResolvedConfig;
  readonly log: Logger;
  readonly database: Database;
  readonly trust: Trust;
  readonly state: StateDir;
  readonly closers: Closers;
}

/** The number of the advisory lock of whoever counts, decides and signs. */
const leaderLock = 0x6b6c72;

/** Puts what the routes work with together; what runs by itself is added to `closers`. */
export async function createServices({ state, closers, ...parts }: ServiceParts): Promise<Services> {
  const { config, log, database } = parts;
  const { clock } = config;
  const payloads = await openPayloadStore(state.payloads);
  const published = await openPublished(database);
  const changes = openChanges(database);
  closers.add(() => changes.close());
  keepRead(published, changes, log);
  const metrics = createMetrics({ database, published });
  const { gate, leadership, wake } = startGate({ ...parts, closers, published, metrics });
  const isLeader = (): boolean => leadership.isLeader();
  const signing = await openSigning({ ...parts, closers, payloads, published, changes, isLeader });
  const pingLog = openPingLog(database);
  const group = createGroupCommit<TakenPing>({
    write: (taken) => pingLog.append(taken),
    maxItems: maxGroup,
    maxWaiting: config.limits.maxWaitingPings,
  });
  closers.add(() => group.close());
  const queue = config.queue && (await connectQueue({ settings: config.queue, group, closers, log, onCommit: wake }));
  const tiers = new Set(config.plan.tiers.map(({ tier }) => tier));
  const takePings = createIntake({
    published,
    log: queue ?? group,
    tiers,
    clock,
    onCommit: queue === undefined ? wake : () => undefined,
  });
  const tokens = createTokenCheck(database, clock);
  return { ...parts, payloads, changes, published, metrics, gate, queue, signing, takePings, tokens };
}

// What few servers use is loaded by those that do: it would take longer than all the rest of a start.

async function openSigning(parts: SigningParts): Promise<SigningLoop | undefined> {
  if (parts.config.repository === undefined) return undefined;
  const { startConfiguredSigning } = await import('./repository/start-signing.ts');
  return startConfiguredSigning(parts);
}

async function connectQueue(parts: QueueParts): Promise<Queue> {
  const { openQueue } = await import('./queue/open-queue.ts');
  return openQueue(parts);
}

/** Reads what is published anew after every act, on whichever server. */
function keepRead(published: Published, changes: Changes, log: Logger): void {
  changes.subscribe(({ kind }) => {
    if (kind === 'counts') return;
    published.refresh().catch((error: unknown) => log.warn({ err: error }, 'what is published could not be read'));
  });
}

interface GateParts extends Omit<ServiceParts, 'state'> {
  readonly published: Published;
  readonly metrics: Metrics;
}

function startGate({ config, log, database, closers, published, metrics }: GateParts): {
  gate: GateLoop;
  leadership: Leadership;
  wake: () => void;
} {
  const leadership: Leadership = database.lead(leaderLock, () => gate.kick());
  closers.add(() => leadership.close());
  const isLeader = (): boolean => leadership.isLeader();
  const onAct = (_release: string, act: GateAct): void => metrics.countGateAct(act);
  const gate = startGateLoop(database, { settings: config.gate, published, clock: config.clock, isLeader, log, onAct });
  closers.add(() => gate.close());
  const waker = createLeaderWaker(database, { isLeader, kick: () => gate.kick() });
  closers.add(() => waker.close());
  return { gate, leadership, wake: () => waker.wake() };
}
