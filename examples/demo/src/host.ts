import { join } from 'node:path';
import { createWriteStream } from 'node:fs';
import { startServer } from '@klpkit-examples/server';
import type { RolloutPlan } from '@klpkit/rollout';
import { type Admin, openAdmin } from './admin.ts';

/** The example server of this demo, and the operator's access to it. */
export interface Host {
  readonly url: string;
  /** PEM of the authority behind the server's certificate. */
  readonly ca: string;
  readonly admin: Admin;
  /** File with the server's log lines. */
  readonly logFile: string;
  close(): Promise<void>;
}

/** What the demo's server is started with. */
export interface HostOptions {
  readonly folder: string;
  /** Certificate behind the livepatches' signatures. */
  readonly trust: string;
  readonly plan: RolloutPlan;
  /** Listening address and the names that clients use; the loopback alone where nothing is said. */
  readonly host?: string;
  readonly names?: readonly string[];
  readonly signal: AbortSignal;
}

/** How long after its before-ping a machine may be silent: far longer than this demo lasts, so that only explicit failures count. */
const ANSWER_WINDOW_MS = 600_000;

/** Starts the real server, with the real PostgreSQL, in this process. An operator opens the phases; the gate alone halts. */
export async function startHost({ folder, trust, plan, host, names, signal }: HostOptions): Promise<Host> {
  const logFile = join(folder, 'server.log');
  const logTo = createWriteStream(logFile);
  const server = await startServer(
    {
      stateDir: join(folder, 'server'),
      port: 0,
      trustCertificates: [trust],
      plan,
      gate: { autoAdvance: false, answerWindowMs: ANSWER_WINDOW_MS, provenBy: 3, blockFrom: 'block', intervalMs: 250 },
      limits: { requestsPerMinute: null },
      logLevel: 'warn',
      ...(host === undefined ? {} : { host }),
      ...(names === undefined ? {} : { tls: { names } }),
    },
    { signal, logTo },
  );
  if (server.adminToken === null) throw new Error('a fresh server gives its token');
  const admin = openAdmin({ url: server.url, ca: server.certificate, token: server.adminToken });
  return {
    url: server.url,
    ca: server.certificate,
    admin,
    logFile,
    async close() {
      admin.close();
      await server.close();
      logTo.end();
    },
  };
}
