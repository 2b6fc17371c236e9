/** The HTTP status of every code; codes that stop the start of the server have none to send. */
const statusOf = {
  BAD_REQUEST: 400,
  PING_MALFORMED: 400,
  BLOCK_ENTRY_MALFORMED: 400,
  TIER_UNKNOWN: 400,
  PING_MISMATCH: 400,
  RELEASE_MALFORMED: 400,
  DIGEST_MISMATCH: 400,
  UNAUTHORIZED: 401,
  CLIENT_CERTIFICATE_NEEDED: 401,
  FORBIDDEN: 403,
  CSRF_REFUSED: 403,
  NOT_FOUND: 404,
  RELEASE_UNKNOWN: 404,
  PAYLOAD_UNKNOWN: 404,
  TOKEN_UNKNOWN: 404,
  USER_UNKNOWN: 404,
  METHOD_NOT_ALLOWED: 405,
  RELEASE_EXISTS: 409,
  EVENT_REFUSED: 409,
  USER_EXISTS: 409,
  TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RANGE_NOT_SATISFIABLE: 416,
  PAYLOAD_REFUSED: 422,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  DATABASE_UNAVAILABLE: 503,
  QUEUE_UNAVAILABLE: 503,
  OVERLOADED: 503,
  SHUTTING_DOWN: 503,
  CONFIG_INVALID: 500,
  STATE_DIR_UNUSABLE: 500,
  STATE_DIR_IN_USE: 500,
  POSTGRES_MISSING: 500,
  POSTGRES_FAILED: 500,
  MIGRATION_FAILED: 500,
  LISTEN_FAILED: 500,
} as const;

/** What went wrong, for programs. The first group is answered over HTTP, the last one ends the start. */
export type ServerErrorCode = keyof typeof statusOf;

/** The one error of this program. The message ends with what a person can do next and never holds a secret. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly code: ServerErrorCode;
  /** The HTTP status it is answered with. */
  readonly status: number;

  constructor(code: ServerErrorCode, message: string, options?: { cause?: unknown }) {
    super(`[${code}] ${message}`, options);
    this.code = code;
    this.status = statusOf[code];
  }
}

/** Tells a {@link ServerError} by its shape, and by its code where one is given. */
export function isServerError<C extends ServerErrorCode>(error: unknown, code?: C): error is ServerError & { code: C } {
  if (!(error instanceof Error) || error.name !== 'ServerError' || !('code' in error)) return false;
  return code === undefined ? Object.hasOwn(statusOf, String(error.code)) : error.code === code;
}

/** The message without the code in front, as it stands in an answer that has the code in a field of its own. */
export function plainMessage(error: Error): string {
  return error.message.replace(/^\[[A-Z_]+\] /, '');
}
