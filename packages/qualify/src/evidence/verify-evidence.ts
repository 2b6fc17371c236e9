import { type Envelope, envelopeFromJSON } from '@sigstore/bundle';
import { crypto, dsse } from '@sigstore/core';
import * as z from 'zod';
import { QualifyError } from '../error.ts';
import type { QualifiedKernel, QualifiedPatch } from '../qualification-report.ts';
import { type EvidenceKey, verifyingKey } from './keys.ts';
import { sha256, type Statement, statementMediaType, statementSchema } from './statement.ts';

/** Most bytes of evidence. */
const maxEvidenceBytes = 8_388_608;

/** Most signatures of one envelope that are tried. */
const maxSignatures = 16;

/** How far a clock may be behind that of the machine which made the evidence, ms. */
const clockSkewMs = 300_000;

/** What evidence must be about to be accepted. */
export interface VerifyEvidenceOptions {
  /** Public keys or certificates that are trusted to qualify, PEM: ECDSA P-256 or Ed25519. None means that nothing is accepted. */
  readonly keys: readonly string[];
  /** SHA-256 of the patch as shipped, lower-case hex. */
  readonly patch: string;
  /** `uname -r` of the kernel that the patch is for. */
  readonly kernel: string;
  /** Now, epoch ms: evidence from the future is refused. */
  readonly now: number;
  /** The qualification must not have ended before this, epoch ms; any age will do where absent. */
  readonly notBefore?: number;
}

/** Evidence that holds: genuine, about this patch on this kernel, recent, and its verdict is `pass`. */
export interface VerifiedEvidence {
  /** What the release document names, lower-case hex. */
  readonly sha256: string;
  /** Id of the key that signed: SHA-256 of its SubjectPublicKeyInfo. */
  readonly keyId: string;
  readonly kernel: QualifiedKernel;
  readonly patch: QualifiedPatch;
  /** Epoch ms. */
  readonly finishedAt: number;
  /** SHA-256 of the report it rests on; `null` where it names none. */
  readonly reportSha256: string | null;
  /** Tests by what became of them. */
  readonly tests: Readonly<Record<string, number>>;
}

const base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/);
const envelopeSchema = z.strictObject({
  payload: base64,
  payloadType: z.literal(statementMediaType),
  signatures: z
    .array(z.strictObject({ sig: base64, keyid: z.string().max(256).optional() }))
    .min(1)
    .max(maxSignatures),
});

function malformed(message: string, cause?: unknown): QualifyError {
  return new QualifyError('MALFORMED_EVIDENCE', `${message}: have the patch qualified again.`, { cause });
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw malformed('It is not JSON', cause);
  }
}

function readEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length > maxEvidenceBytes) {
    throw new QualifyError('TOO_LARGE', `Evidence of more than ${maxEvidenceBytes} bytes is not read: check the file.`);
  }
  const parsed = envelopeSchema.safeParse(parseJson(bytes));
  if (!parsed.success) throw malformed('It is no DSSE envelope of an in-toto statement', parsed.error);
  const { signatures } = parsed.data;
  return envelopeFromJSON({ ...parsed.data, signatures: signatures.map((each) => ({ keyid: '', ...each })) });
}

/** The key of those that are trusted which signed it. The key ids in the envelope are not signed and are not looked at. */
function signerOf(envelope: Envelope, keys: readonly EvidenceKey[]): EvidenceKey {
  const signed = dsse.preAuthEncoding(envelope.payloadType, envelope.payload);
  const signer = keys.find(({ key, hash }) =>
    envelope.signatures.some(({ sig }) => crypto.verify(signed, key, sig, hash)),
  );
  if (signer !== undefined) return signer;
  const message =
    'None of the trusted keys signed this evidence: give the key of who qualifies, or have it qualified again.';
  throw new QualifyError('UNTRUSTED_EVIDENCE', message);
}

function readStatement(payload: Uint8Array): Statement {
  const parsed = statementSchema.safeParse(parseJson(payload));
  if (!parsed.success) throw malformed('What is signed is no statement about a qualification', parsed.error);
  const { subject, predicate } = parsed.data;
  const { klpkit } = predicate;
  const contradicts =
    subject[0]?.digest.sha256 !== klpkit.patch.sha256 ||
    (predicate.result === 'FAILED') !== (klpkit.verdict !== 'pass');
  if (contradicts) throw malformed('What is signed contradicts itself');
  return parsed.data;
}

function checkSubject({ klpkit }: Statement['predicate'], options: VerifyEvidenceOptions): void {
  const { patch, kernel, finishedAt, verdict, reasons } = klpkit;
  if (patch.sha256 !== options.patch) {
    const message = `It is about ${patch.sha256.slice(0, 16)}…, not ${options.patch.slice(0, 16)}…: qualify the file that is shipped, signed and compressed as it is.`;
    throw new QualifyError('WRONG_PATCH', message);
  }
  if (kernel.release !== options.kernel) {
    const message = `The patch was qualified on ${kernel.release} and is for ${options.kernel}: qualify it there.`;
    throw new QualifyError('WRONG_KERNEL', message);
  }
  const early = options.notBefore !== undefined && finishedAt < options.notBefore;
  if (early || finishedAt > options.now + clockSkewMs) {
    const age = early ? 'older than is accepted' : 'from the future';
    throw new QualifyError(
      'EVIDENCE_EXPIRED',
      `It is of ${new Date(finishedAt).toISOString()}, ${age}: qualify again.`,
    );
  }
  if (verdict === 'pass') return;
  const why = reasons[0] === undefined ? '' : `: ${reasons[0].code}`;
  throw new QualifyError(
    'NOT_QUALIFIED',
    `The verdict is ${verdict}${why}. Read the report, mend the patch, qualify again.`,
  );
}

/**
 * Accepts evidence that holds for this patch on this kernel, and refuses everything else. The signature is checked before anything that is signed is read.
 *
 * @throws {@link QualifyError} `TOO_LARGE`, `MALFORMED_EVIDENCE`, `UNSUPPORTED_KEY`, `UNTRUSTED_EVIDENCE`, `WRONG_PATCH`, `WRONG_KERNEL`,
 * `EVIDENCE_EXPIRED`, `NOT_QUALIFIED`.
 * @example
 * ```ts
 * import { isQualifyError, verifyEvidence } from '@klpkit/qualify';
 *
 * export function mayBeReleased(evidence: Uint8Array, key: string, patch: string, kernel: string): boolean {
 *   try {
 *     verifyEvidence(evidence, { keys: [key], patch, kernel, now: Date.now() });
 *     return true;
 *   } catch (error) {
 *     if (isQualifyError(error)) return false;
 *     throw error;
 *   }
 * }
 * ```
 */
export function verifyEvidence(bytes: Uint8Array, options: VerifyEvidenceOptions): VerifiedEvidence {
  const keys = options.keys.map(verifyingKey);
  const envelope = readEnvelope(bytes);
  const signer = signerOf(envelope, keys);
  const { predicate } = readStatement(envelope.payload);
  checkSubject(predicate, options);
  const { kernel, patch, finishedAt, tests } = predicate.klpkit;
  const reported = predicate.configuration.find(({ name }) => name === 'report.json');
  const reportSha256 = reported?.digest.sha256 ?? null;
  return { sha256: sha256(bytes), keyId: signer.id, kernel, patch, finishedAt, reportSha256, tests };
}
