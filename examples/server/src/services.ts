import type { Trust } from '@klpkit/payload';
import type { Ping } from '@klpkit/pings';
import type { Logger } from 'pino';
import type { TokenCheck } from './access/token-check.ts';
import type { Changes } from './changes/changes.ts';
import type { Database } from './database/database.ts';
import type { PayloadStore } from './files/payload-store.ts';
import type { GateLoop } from './gate/loop.ts';
import type { IntakeResult } from './ingest/intake.ts';
import type { Metrics } from './metrics.ts';
import type { Published } from './publish/published.ts';
import type { Queue } from './queue/open-queue.ts';
import type { SigningLoop } from './repository/signing-loop.ts';
import type { ResolvedConfig } from './resolve-config.ts';

/** What the routes work with. */
export interface Services {
  readonly config: ResolvedConfig;
  readonly log: Logger;
  readonly database: Database;
  /** What changed, on whichever server. */
  readonly changes: Changes;
  readonly published: Published;
  readonly payloads: PayloadStore;
  readonly trust: Trust;
  readonly tokens: TokenCheck;
  readonly takePings: (pings: readonly Ping[], tier: string | undefined) => Promise<IntakeResult>;
  /** Where pings wait in NATS. */
  readonly queue: Queue | undefined;
  readonly gate: GateLoop;
  readonly metrics: Metrics;
  /** Where the configuration names a repository. */
  readonly signing: SigningLoop | undefined;
}
