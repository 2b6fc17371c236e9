import { ecdsaByOid, hashByOid, mlDsaByOid, rsaEncryptionOid } from './algorithm.ts';
import { toHex } from './bytes.ts';
import { parseSignedData, type SignerInfo } from './cms.ts';
import { hasMarker, splitSigned } from './signature-block.ts';
import { nameText } from './x509-name.ts';

/** What a signature says of one signer. */
export interface SignerSummary {
  /** Issuer of the signer's certificate, or `null` where the signer is named by its key id. */
  readonly issuer: string | null;
  /** Serial of the signer's certificate in lower-case hex, or `null`. */
  readonly serial: string | null;
  /** Subject key identifier in lower-case hex, or `null` where the signer is named by issuer and serial. */
  readonly ski: string | null;
  /** Digest, such as `sha512`, or the OID where it is unknown. */
  readonly digest: string;
  /** `rsa`, `ecdsa`, `ml-dsa-65`, or the OID where it is unknown. */
  readonly algorithm: string;
}

/** An appended signature, to look at and not to trust. */
export interface ModuleSignature {
  /** In the message's order. */
  readonly signers: readonly SignerSummary[];
  /** Length of the PKCS#7 message. */
  readonly messageBytes: number;
  /** Number of embedded certificates. */
  readonly certificates: number;
}

function algorithmName(oid: string): string {
  if (oid === rsaEncryptionOid) return 'rsa';
  if (ecdsaByOid.has(oid)) return 'ecdsa';
  const level = mlDsaByOid.get(oid);
  return level === undefined ? oid : `ml-dsa-${level}`;
}

function summarise({ id, digest, algorithm }: SignerInfo): SignerSummary {
  const byName = id.kind === 'issuer-serial';
  return Object.freeze({
    issuer: byName ? nameText(id.issuerName, 'MALFORMED_SIGNATURE') : null,
    serial: byName ? toHex(id.serial) : null,
    ski: byName ? null : toHex(id.ski),
    digest: hashByOid.get(digest.oid) ?? digest.oid,
    algorithm: algorithmName(algorithm.oid),
  });
}

/**
 * Reads the signature at the end of an uncompressed module without checking it: to look, not to trust.
 *
 * @returns `undefined` for an unsigned module
 * @throws VerifyError for a signature that cannot be read
 *
 * @example
 * ```ts
 * import { parseModuleSignature } from '@klpkit/payload';
 *
 * export const digestsOf = (module: Uint8Array): string[] =>
 *   parseModuleSignature(module)?.signers.map((signer) => signer.digest) ?? [];
 * ```
 */
export function parseModuleSignature(bytes: Uint8Array): ModuleSignature | undefined {
  if (!hasMarker(bytes)) return undefined;
  const { message } = splitSigned(bytes);
  const { signers, certificates } = parseSignedData(message);
  return Object.freeze({
    signers: Object.freeze(signers.map(summarise)),
    messageBytes: message.length,
    certificates: certificates.length,
  });
}
