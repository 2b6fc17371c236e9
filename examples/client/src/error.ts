/** What kind of trouble stopped the client; closed, so that a script can switch over it. */
export type ClientErrorCode =
  /** The configuration file is missing, is no JSON or says something the client does not know. */
  | 'CONFIG_INVALID'
  /** The state folder cannot be read or written, or holds what this version cannot read. */
  | 'STATE_UNUSABLE'
  /** No connection: name not found, refused, timed out, or broken off. */
  | 'SERVER_UNREACHABLE'
  /** The server answered with a certificate that the configured authorities do not vouch for. */
  | 'CERTIFICATE_REJECTED'
  /** The two sides could not agree on TLS, or the port does not speak it. */
  | 'TLS_FAILED'
  /** The server answered with an error status. */
  | 'SERVER_REFUSED'
  /** The answer is not what the interface promises: no JSON, wrong shape, too long, wrong status. */
  | 'MALFORMED_ANSWER'
  /** The offer names another kernel or architecture than the one that was asked for. */
  | 'OFFER_MISMATCH'
  /** The payload is longer than the release document or the configuration allows. */
  | 'PAYLOAD_TOO_LARGE'
  /** The payload ended before the announced size, also after the retries. */
  | 'PAYLOAD_TRUNCATED'
  /** The module was verified, but does not belong on this machine. */
  | 'WRONG_TARGET'
  /** A kernel module, properly signed, but no livepatch. */
  | 'NOT_A_LIVEPATCH'
  /** The running kernel has no livepatch support, or the preflight found another obstacle. */
  | 'KERNEL_UNSUITABLE';

/** What a {@link ClientError} is made from beside its code and sentence. */
export interface ClientErrorInit {
  readonly cause?: unknown;
  /** HTTP status, where the server answered. */
  readonly status?: number;
}

/** The only error this client throws itself; those of the packages pass through with their own codes. */
export class ClientError extends Error {
  readonly code: ClientErrorCode;
  readonly status?: number;

  constructor(code: ClientErrorCode, sentence: string, init: ClientErrorInit = {}) {
    super(`[${code}] ${sentence}`, { cause: init.cause });
    this.name = 'ClientError';
    this.code = code;
    if (init.status !== undefined) this.status = init.status;
  }
}

/** Whether `e` is a {@link ClientError}, and with this code if one is given; matches by shape. */
export function isClientError<C extends ClientErrorCode>(e: unknown, code?: C): e is ClientError & { code: C } {
  return e instanceof Error && e.name === 'ClientError' && (code === undefined || (e as ClientError).code === code);
}
