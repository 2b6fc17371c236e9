import { Agent } from 'node:https';
import { expect, it } from 'vitest';
import { flood } from './testing/flood.ts';
import { offerPath, ping, startHarness } from './testing/harness.ts';

it('10,000 connections that say nothing leave the server answering whoever is in', async () => {
  const harness = await startHarness({
    limits: { requestsPerMinute: null, connectionsPerMinute: null, headersTimeoutMs: 1_000, maxConnections: 250 },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: harness.server.certificate });
  try {
    await harness.publish();
    const isAnswered = async (): Promise<void> => {
      expect((await harness.ask('GET', offerPath('internal'), { agent })).status).toBe(200);
      const { json } = await harness.ask('POST', '/v1/pings', { agent, body: { pings: [ping('before')] } });
      expect(json.accepted).toBe(1);
    };
    await isAnswered();
    await flood(Number(new URL(harness.server.url).port), 10_000, isAnswered);
    await isAnswered();
  } finally {
    agent.destroy();
    await harness.close();
  }
});
