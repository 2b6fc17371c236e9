import { HttpsError } from './error.ts';

/** What OpenSSL and Node call a certificate that does not hold, from Node's documentation of tls ("X509 certificate error codes"). */
const certificateCodes: ReadonlySet<string> = new Set([
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_NOT_YET_VALID',
  'CERT_HAS_EXPIRED',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_CHAIN_TOO_LONG',
  'CERT_REVOKED',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'HOSTNAME_MISMATCH',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** The one place where an error of the connection becomes a code. */
export function connectionError(cause: unknown, { origin }: URL): HttpsError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  if (certificateCodes.has(code)) {
    return new HttpsError(
      'CERTIFICATE_REJECTED',
      `The certificate of ${origin} is not trusted (${code}). Compare it with the authority that is configured; never switch the check off.`,
      { cause },
    );
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) {
    return new HttpsError(
      'TLS_FAILED',
      `No TLS with ${origin} (${code}). Check that the address and port are the right ones and that the server speaks TLS 1.2 or later.`,
      { cause },
    );
  }
  const why = code === '' ? 'no reason given' : code;
  return new HttpsError(
    'UNREACHABLE',
    `No connection to ${origin} (${why}). Check the address, the network and the proxy.`,
    { cause },
  );
}

/** The time for the header, or for all of the answer, is over. */
export function tooSlow({ origin }: URL, what: 'begin' | 'finish', limitMs: number): HttpsError {
  return new HttpsError(
    'TOO_SLOW',
    `${origin} did not ${what} its answer in ${limitMs} ms. If it stays so, look at the server's load and the network.`,
  );
}
