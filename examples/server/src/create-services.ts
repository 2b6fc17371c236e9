import type { Trust } from '@klpkit/payload';
import type { Logger } from 'pino';
import { createTokenCheck } from './access/tokens.ts';
import { openChanges } from './changes/changes.ts';
import type { Closers } from './closers.ts';
import type { Database } from './database/database.ts';
import { openPayloadStore } from './files/payload-store.ts';
import type { GateAct } from './gate/gate.ts';
import { startGateLoop } from './gate/loop.ts';
import { createGroupCommit } from './ingest/group-commit.ts';
import { createIntake } from './ingest/intake.ts';
import { appendPings, type TakenPing } from './ingest/ping-log.ts';
import { createMetrics } from './metrics.ts';
import { openPublished } from './publish/published.ts';
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

/** Puts what the routes work with together; what runs by itself is added to `closers`. */
export async function createServices({ state, closers, ...parts }: ServiceParts): Promise<Services> {
  const { config, log, database } = parts;
  const { clock } = config;
  const payloads = await openPayloadStore(state.payloads);
  const published = await openPublished(database);
  const reread = async (): Promise<void> => {
    await published
      .refresh()
      .catch((error: unknown) => log.warn({ err: error }, 'what is published could not be read'));
  };
  const changes = openChanges(database);
  closers.add(() => changes.close());
  changes.subscribe(({ kind }) => {
    if (kind !== 'counts') void reread();
  });
  const metrics = createMetrics({ database, published });
  const onAct = (_release: string, act: GateAct): void => metrics.countGateAct(act);
  const gate = startGateLoop(database, { settings: config.gate, published, clock, log, onAct });
  closers.add(() => gate.close());
  const group = createGroupCommit<TakenPing>({
    write: (taken) => appendPings(database, taken),
    maxItems: maxGroup,
    maxWaiting: config.limits.maxWaitingPings,
  });
  closers.add(() => group.close());
  const tiers = new Set(config.plan.tiers.map(({ tier }) => tier));
  const takePings = createIntake({ published, log: group, tiers, clock, onCommit: () => gate.kick() });
  return {
    ...parts,
    payloads,
    changes,
    published,
    metrics,
    gate,
    takePings,
    tokens: createTokenCheck(database, clock),
  };
}
