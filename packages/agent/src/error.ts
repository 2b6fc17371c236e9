/** What kind of trouble stopped the agent; closed, so that a script can switch over it. */
export type AgentErrorCode =
  /** The state folder cannot be read or written, or holds what this version cannot read. */
  | 'STATE_UNUSABLE'
  /** An option makes no sense, such as a deadline that every machine would miss. */
  | 'OPTIONS_INVALID'
  /** Another agent works with the state folder. */
  | 'STATE_LOCKED'
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

/** What a {@link AgentError} is made from beside its code and sentence. */
export interface AgentErrorInit {
  readonly cause?: unknown;
  /** HTTP status, where the server answered. */
  readonly status?: number;
}

/** The only error this agent throws itself; those of the packages pass through with their own codes. */
export class AgentError extends Error {
  readonly code: AgentErrorCode;
  readonly status?: number;

  constructor(code: AgentErrorCode, sentence: string, init: AgentErrorInit = {}) {
    super(`[${code}] ${sentence}`, { cause: init.cause });
    this.name = 'AgentError';
    this.code = code;
    if (init.status !== undefined) this.status = init.status;
  }
}

/**
 * Whether `e` is a {@link AgentError}, and with this code if one is given; matches by shape.
 *
 * @example
 * ```ts
 * import { createAgent, type AgentOptions, isAgentError } from '@klpkit/agent';
 *
 * export async function tryToStart(options: AgentOptions): Promise<boolean> {
 *   try {
 *     await createAgent(options).start();
 *     return true;
 *   } catch (error) {
 *     if (isAgentError(error, 'STATE_LOCKED')) return false;
 *     throw error;
 *   }
 * }
 * ```
 */
export function isAgentError<C extends AgentErrorCode>(e: unknown, code?: C): e is AgentError & { code: C } {
  return e instanceof Error && e.name === 'AgentError' && (code === undefined || (e as AgentError).code === code);
}
