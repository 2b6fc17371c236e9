/** Kind and strength of a public key, as a certificate states it. */
export type PublicKeyKind =
  | { readonly kind: 'rsa' /** Length of the modulus. */; readonly bits: number }
  | { readonly kind: 'ecdsa'; readonly curve: 'P-256' | 'P-384' | 'P-521' }
  | { readonly kind: 'ml-dsa'; readonly level: 44 | 65 | 87 };

/** What a person or a log needs to know of an X.509 certificate. */
export interface Certificate {
  /** Subject, as `CN=…, O=…`; what is not printable is escaped. */
  readonly subject: string;
  /** Issuer, written as the subject is. */
  readonly issuer: string;
  /** Serial number: the contents of the DER INTEGER in lower-case hex. */
  readonly serial: string;
  /** Subject key identifier extension in lower-case hex, or `null`. */
  readonly ski: string | null;
  /** The public key. */
  readonly publicKey: PublicKeyKind;
  /** Start and end of validity, epoch milliseconds. Told, not checked: the kernel does not look at them for modules. */
  readonly notBefore: number;
  /** See `notBefore`. */
  readonly notAfter: number;
  /** SHA-256 of the whole DER certificate, lower-case hex. */
  readonly sha256: string;
}
