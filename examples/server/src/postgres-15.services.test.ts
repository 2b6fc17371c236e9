import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DebianPostgres, postgres15Missing, startDebianPostgres } from './testing/debian-postgres.ts';
import { databaseOf, type Harness, offerPath, ping, startHarness, until } from './testing/harness.ts';

const missing = postgres15Missing();

describe.skipIf(missing !== undefined)(
  `Debian’s PostgreSQL 15${missing === undefined ? '' : `, left out: ${missing}`}`,
  () => {
    let postgres: DebianPostgres;
    let harness: Harness;
    beforeAll(async () => {
      postgres = await startDebianPostgres();
      harness = await startHarness({ databaseUrl: postgres.url, limits: { requestsPerMinute: null } });
    });
    afterAll(async () => {
      await harness?.close();
      await postgres?.close();
    });

    it('carries the whole way of a bad release: published, offered, counted, halted, blocked', async () => {
      expect((await harness.publish()).answer.status).toBe(201);
      const pings = Array.from({ length: 10 }, () => {
        const before = ping('before', { cpuFamily: 'intel-6' });
        return [before, { ...ping('error', { phase: 'health', code: 'KERNEL_FAULT' }), attemptId: before.attemptId }];
      }).flat();
      expect((await harness.ask('POST', '/v1/pings', { body: { pings } })).json.accepted).toBe(20);
      await until(async () => (await harness.ask('GET', offerPath('internal'))).json.reason === 'blocked');
      const { json } = await harness.ask('GET', '/v1/admin/rollouts/lp-1');
      expect(json).toMatchObject({ evidence: { n: 10, failed: 10, open: 0 }, rollout: { paused: true } });
    });

    it('keeps it over a restart, with people, tokens and what was counted', async () => {
      const body = { name: 'vera', role: 'viewer', password: 'correct horse of vera' };
      expect((await harness.ask('POST', '/v1/admin/users', { body })).status).toBe(201);
      await harness.restart();
      expect(harness.server.adminToken).toBeNull();
      const { name, password } = body;
      expect((await harness.ask('POST', '/v1/session', { body: { name, password } })).status).toBe(200);
      expect((await harness.ask('GET', '/v1/admin/rollouts/lp-1')).json.evidence.n).toBe(10);
    });

    it('is not the embedded one, which is not even started', () => {
      expect(() => databaseOf(harness.stateDir)).toThrow();
    });
  },
);
