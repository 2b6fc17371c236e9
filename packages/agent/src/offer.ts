import { parseRelease, releaseKey } from '@klpkit/release';
import { parseRollout } from '@klpkit/rollout';
import * as z from 'zod';
import { AgentError } from './error.ts';
import type { Candidate, Offer, OfferQuery } from './ports.ts';

const candidateSchema = z.object({
  release: z.unknown(),
  rollout: z.unknown(),
  payload: z.string().regex(/^\/v1\/payloads\/[0-9a-f]{64}$/),
});
const answerSchema = z.object({
  offer: candidateSchema.nullable(),
  earlier: z.array(candidateSchema).max(64).default([]),
  reason: z.string().max(64).nullable(),
  message: z.string().max(1000),
});

/**
 * Reads the answer to `GET /v1/offer`. An offer for another kernel or architecture than was asked for is an error and no "nothing": the
 * server, or something in between, mixes answers up.
 *
 * @throws {@link AgentError} `MALFORMED_ANSWER`, `OFFER_MISMATCH`; errors of `parseRelease` and `parseRollout`
 */
export function parseOffer(json: unknown, query: OfferQuery): Offer {
  const answer = answerSchema.safeParse(json);
  if (!answer.success) {
    const [issue] = answer.error.issues;
    throw mixedUp(
      'MALFORMED_ANSWER',
      `is not an offer (${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unknown'})`,
    );
  }
  const { offer, earlier, reason, message } = answer.data;
  const candidates = [...(offer === null ? [] : [offer]), ...earlier].map((one) => parseCandidate(one, query));
  return { candidates, reason: reason ?? 'no-release', message };
}

function parseCandidate(json: z.infer<typeof candidateSchema>, query: OfferQuery): Candidate {
  const release = parseRelease(json.release);
  const rollout = parseRollout(json.rollout);
  if (release.kernel !== query.kernel || release.arch !== query.arch) {
    const what = `names a release for ${release.kernel} ${release.arch}, but this is ${query.kernel} ${query.arch}`;
    throw mixedUp('OFFER_MISMATCH', what);
  }
  if (rollout.release !== releaseKey(release)) {
    throw mixedUp('OFFER_MISMATCH', 'pairs a release with the rollout of another');
  }
  if (json.payload !== `/v1/payloads/${release.sha256}`) {
    throw mixedUp('OFFER_MISMATCH', 'pairs a release with the payload of another');
  }
  return { release, rollout, payload: json.payload };
}

function mixedUp(code: 'MALFORMED_ANSWER' | 'OFFER_MISMATCH', what: string): AgentError {
  const next = 'Nothing was fetched. Check that the address is that of the patch server, and the releases on it.';
  return new AgentError(code, `The server's offer ${what}. ${next}`);
}
