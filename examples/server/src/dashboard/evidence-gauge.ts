import { Gauge, type Registry } from 'prom-client';
import type { Sql } from '../database/database.ts';

interface EvidenceRow {
  readonly release: string;
  readonly lnHalt: number;
  readonly lnAdvance: number;
}

/** Makes the gauge of the gate's evidence; the function it returns reads it anew. */
export function addEvidenceGauge(registry: Registry): (sql: Sql) => Promise<void> {
  const gauge = new Gauge({
    name: 'klpkit_gate_evidence_odds_log10',
    help: 'Evidence that a release does harm, or is safe: 2 is a hundred to one.',
    labelNames: ['release', 'of'],
    registers: [registry],
  });
  return async (sql) => {
    const { rows } = await sql.query<EvidenceRow>(
      `select key as release, ln_halt as "lnHalt", ln_advance as "lnAdvance" from releases
       cross join lateral (select * from evidence_points where release = key order by at desc limit 1) as last`,
    );
    gauge.reset();
    for (const { release, lnHalt, lnAdvance } of rows) {
      gauge.set({ release, of: 'harm' }, lnHalt / Math.LN10);
      gauge.set({ release, of: 'safety' }, lnAdvance / Math.LN10);
    }
  };
}
