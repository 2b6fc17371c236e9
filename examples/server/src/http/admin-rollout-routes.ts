import { releaseKeySchema } from '@klpkit/release';
import { currentPhase, explain, publishedRollout, type RolloutEvent } from '@klpkit/rollout';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Sql } from '../database/database.ts';
import { ServerError } from '../errors.ts';
import { evidenceOf, loadCounts } from '../gate/evidence.ts';
import { judge } from '../gate/judge.ts';
import { loadStreams } from '../gate/streams.ts';
import { acknowledge, applyEvent, lockRollout } from '../publish/rollout-store.ts';
import type { AdminContext } from './admin-routes.ts';
import { noteSchema } from './note.ts';

const keyParams = z.strictObject({ key: releaseKeySchema });
const note = noteSchema.optional();
const eventBody = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal(['advance', 'promote']), note, override: z.literal(true).optional() }),
  z.strictObject({ type: z.literal(['pause', 'resume', 'withdraw']), note }),
]);
type EventBody = z.infer<typeof eventBody>;
type KeyParams = { Params: z.infer<typeof keyParams> };

/** What a person does with a rollout, and what the gate would say. */
export function addRolloutRoutes(app: FastifyInstance, { services, actorOf, only, announce }: AdminContext): void {
  const { database, config } = services;
  app.get<KeyParams>(
    '/rollouts/:key',
    {
      onRequest: only('viewer'),
      schema: { summary: 'The state of a rollout, its evidence, and what the gate makes of it.', params: keyParams },
    },
    async (request) => describeRollout(database, request.params.key, services),
  );
  app.post<KeyParams & { Body: EventBody }>(
    '/rollouts/:key/events',
    {
      onRequest: only('operator'),
      schema: {
        summary: 'Advances, promotes, pauses, resumes or withdraws a release.',
        params: keyParams,
        body: eventBody,
      },
    },
    async (request) => {
      const { key } = request.params;
      const actor = actorOf(request);
      const event = { ...request.body, at: config.clock(), by: { kind: 'person', name: actor } } as RolloutEvent;
      await database.transaction(async (sql) => {
        const stored = await lockRollout(sql, key);
        if (stored === undefined) throw unknown(key);
        const counts = await loadCounts(sql, key);
        const evidence = evidenceOf(counts);
        const decision = judge(counts, await loadStreams(sql, key), config.gate);
        await applyEvent(sql, { state: stored.state, event }, { actor, detail: { evidence, decision } });
        if (event.type === 'resume') await acknowledge(sql, key, decision);
      });
      await announce();
      return describeRollout(database, key, services);
    },
  );
}

async function describeRollout(
  sql: Sql,
  key: string,
  { published, config }: AdminContext['services'],
): Promise<Record<string, unknown>> {
  const found = published.current().byKey.get(key);
  if (found === undefined) throw unknown(key);
  const counts = await loadCounts(sql, key);
  const evidence = evidenceOf(counts);
  const decision = judge(counts, await loadStreams(sql, key), config.gate);
  const { tier, phase, ...where } = currentPhase(found.state, config.clock());
  return {
    key,
    state: found.state,
    rollout: publishedRollout(found.state),
    current: { tier: tier.tier, microPercent: phase.microPercent, ...where },
    evidence,
    decision,
    explanation: explain(evidence, config.gate.policy, { report: decision }),
    policy: config.gate.policy,
    counts,
  };
}

function unknown(key: string): ServerError {
  return new ServerError('RELEASE_UNKNOWN', `There is no release ${key} here. GET /v1/admin/releases lists them.`);
}
