import { createHash } from 'node:crypto';
import { type Ping, parsePing } from '@klpkit/pings';
import type { Body } from './body.ts';
import type { PingDraft } from './effect.ts';

/** A ping without what the agent adds. */
export interface UnsentPing {
  readonly draft: PingDraft;
  readonly attemptId: string;
  readonly late?: true;
}

/** Adds kernel, architecture, processor family, tier, time and the id, and proves the result against the schema. */
export function completePing({ draft, attemptId, late }: UnsentPing, body: Body): Ping {
  const { release: kernel, arch } = body.kernelInfo;
  return parsePing({
    ...draft,
    id: pingIdOf(attemptId, draft),
    attemptId,
    kernel,
    arch,
    tier: body.ports.identity.tier,
    ...(body.cpuFamily === undefined ? {} : { cpuFamily: body.cpuFamily }),
    sentAt: body.epochMs(),
    ...(late === undefined ? {} : { late }),
  });
}

/**
 * The idempotency key: of the form of a random UUID, but the same whenever the same thing is said about the same attempt. An agent that dies
 * between saying it and noting that it did says it again, and the server counts it once. Without the random attempt id nobody can compute it.
 */
export function pingIdOf(attemptId: string, draft: PingDraft): string {
  const what = [
    draft.kind,
    'index' in draft ? draft.index : '',
    'elapsedMs' in draft ? draft.elapsedMs : '',
    'code' in draft ? draft.code : '',
  ];
  const hex = createHash('sha256')
    .update(`klpkit ping ${attemptId} ${what.join(' ')}`)
    .digest('hex');
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) & 3] as string;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
