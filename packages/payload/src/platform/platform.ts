import type { HashName, SignatureScheme } from '../algorithm.ts';
import type { PublicKeyKind } from '../certificate.ts';
import type { ParsedCertificate } from '../x509.ts';

/** A signature to be checked. */
export interface SignatureCheck {
  readonly scheme: SignatureScheme;
  /** Whose key it should be: the key's kind is already known to go with the scheme. */
  readonly certificate: Pick<ParsedCertificate, 'spki' | 'rawKey' | 'key'>;
  readonly data: Uint8Array;
  readonly signature: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/** Something to be signed with a key from a PEM text. */
export interface SigningJob {
  readonly pem: string;
  readonly passphrase: string | undefined;
  readonly scheme: SignatureScheme;
  /** Kind of the certificate's key. */
  readonly key: PublicKeyKind;
  readonly data: Uint8Array;
}

/** A digest that is fed piece by piece. */
export interface RunningDigest {
  update(chunk: Uint8Array): void;
  /** Lower-case hex; the digest is used up. */
  hex(): string;
}

/**
 * What a runtime brings. `#platform` of package.json is `node.ts` under the `node` condition and `web.ts` everywhere else; both
 * have these functions.
 */
export interface Platform {
  /** Digest of bytes in memory. */
  digest(hash: HashName, bytes: Uint8Array): Promise<Uint8Array>;
  /** SHA-256 of bytes in memory as hex, in slices between which the signal is looked at. */
  sha256(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<string>;
  /** SHA-256 of what arrives in pieces. */
  runningSha256(): RunningDigest;
  /** Whether a signature is right; throws `UNSUPPORTED_ALGORITHM` where the runtime cannot tell. */
  verifySignature(check: SignatureCheck): Promise<boolean>;
  /** Signs; throws `MALFORMED_KEY` for a key that cannot be read or is of another kind. */
  signBytes(job: SigningJob): Promise<Uint8Array>;
  /** Expands a gzip file of which no more than `maxBytes` may come; throws what the decoder throws. */
  expandGzip(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array>;
  /** A file's bytes in pieces, where there are files. */
  openFile(path: string): AsyncIterable<Uint8Array>;
}
