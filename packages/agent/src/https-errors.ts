import { AgentError } from './error.ts';

/** What OpenSSL and Node call a certificate that does not hold, from Node's documentation of tls ("X509 certificate error codes"). */
const CERTIFICATE_CODES: ReadonlySet<string> = new Set([
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

/** The one place where a connection's error becomes a code. An abort and a {@link AgentError} pass through untouched. */
export function connectionError(cause: unknown, url: URL, signal: AbortSignal | undefined): unknown {
  if (cause instanceof AgentError) return cause;
  if (signal?.aborted === true) return signal.reason;
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const at = `${url.protocol}//${url.host}`;
  if (CERTIFICATE_CODES.has(code)) {
    return new AgentError(
      'CERTIFICATE_REJECTED',
      `The certificate of ${at} is not trusted (${code}). Compare it with the authority in the configuration's "ca"; never switch the check off.`,
      { cause },
    );
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) {
    return new AgentError(
      'TLS_FAILED',
      `No TLS with ${at} (${code}). Check that the address and port are those of the patch server and that it speaks TLS 1.2 or later.`,
      { cause },
    );
  }
  return new AgentError(
    'SERVER_UNREACHABLE',
    `No connection to ${at} (${code === '' ? 'no reason given' : code}). Check the address, the network and the proxy; the agent tries again at its next check.`,
    { cause },
  );
}

/** An answer that took too long; the same for a slow header and a slow body. */
export function tooSlow(url: URL, limitMs: number): AgentError {
  return new AgentError(
    'SERVER_UNREACHABLE',
    `${url.protocol}//${url.host} did not finish its answer in ${limitMs} ms. The agent tries again at its next check; if it stays so, look at the server's load and the network.`,
  );
}
