import { publishedRollout } from '@klpkit/rollout';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { addEvidenceGauge } from './dashboard/evidence-gauge.ts';
import type { Database, Sql } from './database/database.ts';
import type { GateAct } from './gate/gate.ts';
import type { Published } from './publish/published.ts';
import type { Queue } from './queue/open-queue.ts';
import { addQueueGauges } from './queue/queue-metrics.ts';

/** What the server measures of itself, and what the database has counted. */
export interface Metrics {
  /** The text for Prometheus. */
  render(): Promise<{ contentType: string; body: string }>;
  observeRequest(labels: { method: string; route: string; status: number }, seconds: number): void;
  countGateAct(act: GateAct): void;
  setCertificateEnd(ms: number): void;
  /** Adds what NATS says of the queue. */
  watchQueue(queue: Pick<Queue, 'look'>): void;
}

interface MetricsSources {
  readonly database: Database;
  readonly published: Published;
}

/** Makes the registry. Counts of pings and outcomes come from the database, so that all servers on it tell the same. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'klpkit_http_request_duration_seconds',
    help: 'Time from the request to the end of the answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10],
    registers,
  });
  const acts = new Counter({
    name: 'klpkit_gate_acts_total',
    help: 'What the gate of this process did.',
    labelNames: ['act'],
    registers,
  });
  const certificateEnd = new Gauge({
    name: 'klpkit_certificate_expiry_timestamp_seconds',
    help: 'End of the server certificate.',
    registers,
  });
  const readCounts = addCounts(registry, sources.database);
  let readQueue = (): Promise<void> => Promise.resolve();
  addRollouts(registry, sources.published);
  return {
    render: async () => {
      await Promise.all([readCounts(), readQueue()]);
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
    observeRequest: ({ method, route, status }, seconds) => requests.observe({ method, route, status }, seconds),
    countGateAct: (act) => acts.inc({ act }),
    setCertificateEnd: (ms) => certificateEnd.set(ms / 1000),
    watchQueue: (queue) => {
      readQueue = addQueueGauges(registry, () => queue.look());
    },
  };
}

interface PingCountRow {
  readonly release: string;
  readonly tier: string;
  readonly kernel: string;
  readonly arch: string;
  readonly kind: string;
  readonly late: string;
  readonly pings: number;
}

interface OutcomeRow {
  readonly release: string;
  readonly tier: string;
  readonly control: string;
  readonly started: number;
  readonly good: number;
  readonly failed: number;
  readonly silent: number;
  readonly left: number;
}

/** Prometheus waits ten seconds for a scrape, and wants what the process measured of itself also when the database says nothing. */
const readWithinMs = 3_000;

/** Makes the metrics of what the database has counted; the function reads them anew. */
function addCounts(registry: Registry, database: Database): () => Promise<void> {
  const registers = [registry];
  const up = new Gauge({ name: 'klpkit_database_up', help: 'Whether the database answered.', registers });
  const attempts = new Gauge({
    name: 'klpkit_attempts',
    help: 'Attempts to apply a release by outcome; control: placebo attempts.',
    labelNames: ['release', 'tier', 'control', 'outcome'],
    registers,
  });
  const pings = new Counter({
    name: 'klpkit_pings_total',
    help: 'Pings that were counted.',
    labelNames: ['release', 'tier', 'kernel', 'arch', 'kind', 'late'],
    registers,
  });
  const readEvidence = addEvidenceGauge(registry);
  const sql: Sql = {
    query: (text, values) => database.query(text, values, { withinMs: readWithinMs }),
  };
  return async () => {
    try {
      await readEvidence(sql);
      const counted = await loadPingCounts(sql);
      const outcomes = await loadOutcomes(sql);
      pings.reset();
      attempts.reset();
      for (const { pings: count, ...labels } of counted) pings.inc(labels, count);
      for (const row of outcomes) setOutcomes(attempts, row);
      up.set(1);
    } catch {
      up.set(0);
    }
  };
}

async function loadPingCounts(sql: Sql): Promise<readonly PingCountRow[]> {
  const { rows } = await sql.query<PingCountRow>(
    'select release, tier, kernel, arch, kind, late::text, pings from ping_counts',
  );
  return rows;
}

async function loadOutcomes(sql: Sql): Promise<readonly OutcomeRow[]> {
  const { rows } = await sql.query<OutcomeRow>(
    `select release, tier, control::text, sum(started)::bigint as started, sum(good)::bigint as good,
       sum(failed)::bigint as failed, sum(silent)::bigint as silent,
       sum(left_orderly)::bigint as "left"
     from outcome_counts group by release, tier, control`,
  );
  return rows;
}

function setOutcomes(attempts: Gauge, { release, tier, control, started, ...decided }: OutcomeRow): void {
  const open = started - decided.good - decided.failed - decided.silent - decided.left;
  for (const [outcome, count] of Object.entries({ ...decided, open }))
    attempts.set({ release, tier, control, outcome }, count);
}

function addRollouts(registry: Registry, published: Published): void {
  registry.registerMetric(
    new Gauge({
      name: 'klpkit_rollout_share_ratio',
      help: 'Share of a tier that may have the release; 0 to 1.',
      labelNames: ['release', 'tier'],
      registers: [],
      collect() {
        this.reset();
        for (const { key, state } of published.current().byKey.values()) {
          for (const { tier, microPercent } of publishedRollout(state).tiers)
            this.set({ release: key, tier }, microPercent / 1e8);
        }
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'klpkit_rollout_paused',
      help: '1 while nobody new gets the release.',
      labelNames: ['release'],
      registers: [],
      collect() {
        this.reset();
        for (const { key, state } of published.current().byKey.values())
          this.set({ release: key }, publishedRollout(state).paused ? 1 : 0);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: 'klpkit_blocklist_entries',
      help: 'Releases on the blocklist.',
      registers: [],
      collect() {
        this.set(published.current().blocklist.entries.length);
      },
    }),
  );
}
