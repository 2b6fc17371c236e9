import * as z from 'zod';
import { encodeDocument } from './documents.ts';
import { RepositoryError } from './error.ts';
import { sha256Hex } from './layout.ts';
import { publish, type PublishedVersions, type Publisher, type Transaction } from './publisher.ts';

/**
 * What every release of a repository must have. It is signed with the key of `targets`, which is kept offline: whoever holds only the keys of `releases`
 * cannot take it back. Publishers obey it; machines do not look at it.
 */
export interface PublishPolicy {
  /** Refuse a release without evidence of a qualification. */
  readonly requireEvidence: boolean;
  /** Keys that may sign evidence, PEM of the public key or a certificate. Where there are any, evidence must hold under one of them. */
  readonly evidenceKeys: readonly string[];
}

/** What evidence must be about. */
export interface EvidenceSubject {
  /** SHA-256 of the payload as shipped, lower-case hex. */
  readonly sha256: string;
  readonly kernel: string;
  readonly arch: string;
  /** The keys of the policy; empty where it names none, then the judge's own rule holds. */
  readonly keys: readonly string[];
  /** Epoch ms. */
  readonly now: number;
}

/** Evidence of a qualification, with who judges it: `verifyEvidence` of `@klpkit/qualify`, or another verifier. */
export interface EvidenceToCheck {
  /** The attestation, as it is kept; the release names its digest. */
  readonly bytes: Uint8Array;
  /** Throws unless the evidence holds for this subject. */
  readonly check: (bytes: Uint8Array, subject: EvidenceSubject) => void | Promise<void>;
}

/** The target that holds the policy, of the role `targets` itself. */
const policyTarget = 'publish-policy.json';

const policySchema = z.strictObject({
  type: z.literal('publish-policy'),
  spec: z.literal(1),
  requireEvidence: z.boolean(),
  evidenceKeys: z.array(z.string().min(1).max(16_384)).max(64),
});

const noPolicy: PublishPolicy = { requireEvidence: false, evidenceKeys: [] };

function parsePolicy(bytes: Uint8Array): PublishPolicy {
  const fault = (cause: unknown): RepositoryError =>
    new RepositoryError('MALFORMED', 'The policy of this repository cannot be read: set it again ("repo policy").', {
      subject: policyTarget,
      cause,
    });
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw fault(cause);
  }
  const parsed = policySchema.safeParse(json);
  if (!parsed.success) throw fault(parsed.error);
  const { requireEvidence, evidenceKeys } = parsed.data;
  return { requireEvidence, evidenceKeys };
}

/** The policy in force, within an act. */
export async function policyOf(transaction: Transaction): Promise<PublishPolicy> {
  const bytes = await transaction.read('targets', policyTarget);
  return bytes === undefined ? noPolicy : parsePolicy(bytes);
}

/**
 * Sets what every release must have from now on. Needs the keys of `targets`, `snapshot` and `timestamp`.
 *
 * @throws RepositoryError `MISSING_KEYS`, `MALFORMED`, `LOCKED`, `IO`
 * @example
 * ```ts
 * import { type Publisher, setPublishPolicy } from '@klpkit/repository';
 *
 * export const demandEvidence = (publisher: Publisher, key: string) =>
 *   setPublishPolicy(publisher, { requireEvidence: true, evidenceKeys: [key] });
 * ```
 */
export async function setPublishPolicy(
  publisher: Publisher,
  policy: PublishPolicy,
): Promise<{ readonly policy: PublishPolicy; readonly versions: PublishedVersions }> {
  const { requireEvidence, evidenceKeys } = policy;
  const bytes = encodeDocument({ type: 'publish-policy', spec: 1, requireEvidence, evidenceKeys: [...evidenceKeys] });
  const checked = parsePolicy(bytes);
  return publish(publisher, async (transaction) => {
    await transaction.write('targets', policyTarget, bytes);
    return { policy: checked };
  });
}

/** Evidence that a release comes with. */
export interface OfferedEvidence {
  /** Digest that the publisher was told, or `null`. */
  readonly digest: string | null;
  readonly evidence: EvidenceToCheck | undefined;
  /** Demanded by the caller, whatever the policy says. */
  readonly required: boolean;
}

/**
 * Judges evidence under a policy and gives the digest that the release names. Calls `refuse` for what does not hold.
 */
export async function admitEvidence(
  policy: PublishPolicy,
  offered: OfferedEvidence,
  subject: Omit<EvidenceSubject, 'keys'>,
  refuse: (why: string, cause?: unknown) => RepositoryError,
): Promise<string | null> {
  const { digest, evidence } = offered;
  if (evidence === undefined) {
    if (digest === null && (offered.required || policy.requireEvidence))
      throw refuse('it has no evidence of a qualification, which this repository demands');
    if (policy.requireEvidence && policy.evidenceKeys.length > 0)
      throw refuse('this repository demands evidence that holds under its keys, and only a digest was given');
    return digest;
  }
  const own = sha256Hex(evidence.bytes);
  if (digest !== null && digest !== own) throw refuse('its evidence has another digest than the one that was told');
  try {
    await evidence.check(evidence.bytes, { ...subject, keys: policy.evidenceKeys });
  } catch (cause) {
    throw refuse(
      `its evidence does not hold: ${cause instanceof Error ? cause.message : 'no reason was given'}`,
      cause,
    );
  }
  return own;
}
