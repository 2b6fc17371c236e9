import { releaseKeySchema } from '@klpkit/release';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Sql } from '../database/database.ts';
import { ServerError } from '../errors.ts';
import { requireRole } from '../http/access.ts';
import { tierSchema } from '../http/machine-routes.ts';
import type { Services } from '../services.ts';
import { coverageColumns, coverageRow, loadCoverage } from './coverage.ts';
import { toCsv } from './csv.ts';
import { makeOpenVex, openVexDocument, type VexSource } from './openvex.ts';
import { healthColumns, healthRow, loadHealth } from './patch-health.ts';

const format = z.enum(['json', 'csv']).default('json');
const coverageQuery = z.strictObject({ tier: tierSchema.optional(), format });
const healthQuery = z.strictObject({ tier: tierSchema.optional(), release: releaseKeySchema.optional(), format });
const keyParams = z.strictObject({ key: releaseKeySchema });
const purl = z
  .string()
  .max(500)
  .regex(
    /^pkg:[a-z][a-z0-9.+-]*\/[!-~]+$/,
    'must be a package URL: pkg:deb/debian/linux-image-6.1.0-50-amd64@6.1.190-1',
  );
const vexQuery = z.strictObject({
  product: z
    .union([purl.transform((one) => [one]), z.array(purl).min(1).max(20)])
    .default([])
    .describe('Package URL by which your scanner knows this kernel; may be given again.'),
});

/** Reports for people, spreadsheets and scanners. Viewers may read. */
export function addReportRoutes(app: FastifyInstance, services: Services): void {
  const { database, published } = services;
  const onRequest = requireRole(services, 'viewer');
  app.get<{ Querystring: z.infer<typeof coverageQuery> }>(
    '/v1/reports/coverage',
    {
      onRequest,
      schema: {
        summary: 'How far every release has come in every tier; JSON or CSV.',
        alsoAs: ['text/csv'],
        querystring: coverageQuery,
        response: { 200: z.object({ rows: z.array(coverageRow) }) },
      },
    },
    async ({ query }, reply) => {
      const rows = await loadCoverage(database, published.current(), { tier: query.tier });
      return query.format === 'csv' ? sendCsv(reply, 'coverage', toCsv(rows, coverageColumns)) : { rows };
    },
  );
  app.get<{ Querystring: z.infer<typeof healthQuery> }>(
    '/v1/reports/patch-health',
    {
      onRequest,
      schema: {
        summary: 'Outcomes, pings, failures and checks, one count a row; JSON or CSV.',
        alsoAs: ['text/csv'],
        querystring: healthQuery,
        response: { 200: z.object({ rows: z.array(healthRow) }) },
      },
    },
    async ({ query }, reply) => {
      const rows = await loadHealth(database, { tier: query.tier, release: query.release });
      return query.format === 'csv' ? sendCsv(reply, 'patch-health', toCsv(rows, healthColumns)) : { rows };
    },
  );
  addVexRoute(app, services);
}

function addVexRoute(app: FastifyInstance, services: Services): void {
  app.get<{ Params: z.infer<typeof keyParams>; Querystring: z.infer<typeof vexQuery> }>(
    '/v1/reports/openvex/:key',
    {
      onRequest: requireRole(services, 'viewer'),
      schema: {
        summary: 'OpenVEX document: the CVEs that a kernel is rid of while this livepatch is applied.',
        params: keyParams,
        querystring: vexQuery,
        response: { 200: openVexDocument },
      },
    },
    async ({ params, query }, reply) => {
      const source = await vexSource(services, params.key, query.product);
      return reply.type('application/json; charset=utf-8').send(makeOpenVex(source));
    },
  );
}

async function vexSource(
  { published, database }: Services,
  key: string,
  products: readonly string[],
): Promise<VexSource> {
  const { byKey, blocklist } = published.current();
  const found = byKey.get(key);
  if (found === undefined)
    throw new ServerError('RELEASE_UNKNOWN', `There is no release ${key} here. GET /v1/admin/releases lists them.`);
  const { release, state } = found;
  if (release.fixes.length === 0)
    throw new ServerError('NOT_FOUND', `${key} names no CVE that it fixes, so that there is nothing to state.`);
  const isRevoked = state.status.kind === 'withdrawn' || blocklist.entries.some((entry) => entry.release === key);
  return { key, release, publishedAt: state.startedAt, isRevoked, changes: await loadChanges(database, key), products };
}

async function loadChanges(sql: Sql, key: string): Promise<VexSource['changes']> {
  const { rows } = await sql.query<{ count: number; lastAt: number | null }>(
    `select count(*)::bigint as count, max(at) as "lastAt" from audit
     where release = $1 and action in ('blocklist-block', 'blocklist-lift', 'rollout-withdraw')`,
    [key],
  );
  return rows[0] ?? { count: 0, lastAt: null };
}

function sendCsv(reply: FastifyReply, name: string, text: string): FastifyReply {
  reply.header('content-disposition', `attachment; filename="${name}.csv"`);
  return reply.type('text/csv; charset=utf-8').send(text);
}
