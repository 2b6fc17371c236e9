import { sign } from 'node:crypto';
import { envelopeToJSON } from '@sigstore/bundle';
import { dsse } from '@sigstore/core';
import type { QualificationReport } from '../qualification-report.ts';
import { reportToJson } from '../report/report-json.ts';
import { signingKey } from './keys.ts';
import { sha256, statementMediaType, statementOf } from './statement.ts';

/** How evidence is signed. */
export interface CreateEvidenceOptions {
  /** Private key, PEM: ECDSA P-256 or Ed25519. */
  readonly key: string;
  /** The report as it is kept beside the evidence, which names its digest; `reportToJson(report)` where absent. */
  readonly reportBytes?: Uint8Array;
}

/**
 * Signs what came out of a qualification: an in-toto statement in a DSSE envelope, as JSON. It is made whatever the verdict is; only a `pass` is accepted by
 * {@link verifyEvidence}.
 *
 * @throws {@link QualifyError} `UNSUPPORTED_KEY`.
 * @example
 * ```ts
 * import { createEvidence, evidenceDigest, type QualificationReport } from '@klpkit/qualify';
 *
 * export function attest(report: QualificationReport, key: string): { bytes: Uint8Array; digest: string } {
 *   const bytes = createEvidence(report, { key });
 *   return { bytes, digest: evidenceDigest(bytes) }; // the digest goes into the release document
 * }
 * ```
 */
export function createEvidence(report: QualificationReport, options: CreateEvidenceOptions): Uint8Array {
  const { key, hash, id } = signingKey(options.key);
  const reportBytes = options.reportBytes ?? new TextEncoder().encode(reportToJson(report));
  const payload = Buffer.from(JSON.stringify(statementOf(report, reportBytes)));
  const sig = sign(hash, dsse.preAuthEncoding(statementMediaType, payload), key);
  const envelope = envelopeToJSON({ payload, payloadType: statementMediaType, signatures: [{ sig, keyid: id }] });
  return new TextEncoder().encode(`${JSON.stringify(envelope)}\n`);
}

/**
 * What a release document names as its evidence: the SHA-256 of the envelope's bytes, lower-case hex.
 *
 * @example
 * ```ts
 * import { evidenceDigest } from '@klpkit/qualify';
 *
 * evidenceDigest(new TextEncoder().encode('{}')).length; // 64
 * ```
 */
export function evidenceDigest(bytes: Uint8Array): string {
  return sha256(bytes);
}
