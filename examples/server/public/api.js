/** @typedef {{ name: string, role: 'viewer' | 'operator' | 'admin', csrf: string, expiresAt: number }} Session */

/** What the server answered instead of what was asked for. `code` is for programs, the message for people. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {{ status: number, code: string }} answer
   */
  constructor(message, { status, code }) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

let csrf = '';

/**
 * Asks the server; throws what it refuses.
 *
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export async function ask(method, path, body) {
  const headers = { accept: 'application/json', ...(method === 'GET' ? {} : { 'x-csrf-token': csrf }) };
  const response = await fetch(path, {
    method,
    headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new ApiError('The server does not answer. What is shown may be old.', { status: 0, code: 'UNREACHABLE' });
  });
  const json = response.status === 204 ? undefined : await response.json().catch(() => ({}));
  if (response.ok) return json;
  throw new ApiError(String(json.message ?? `The server answered ${response.status}.`), {
    status: response.status,
    code: String(json.code ?? ''),
  });
}

/** @returns {Promise<Session | undefined>} */
export async function whoAmI() {
  return keep(
    await ask('GET', '/v1/session').catch((error) => {
      if (error instanceof ApiError && error.status === 401) return undefined;
      throw error;
    }),
  );
}

/**
 * @param {string} name
 * @param {string} password
 * @returns {Promise<Session | undefined>}
 */
export async function signIn(name, password) {
  return keep(await ask('POST', '/v1/session', { name, password }));
}

export async function signOut() {
  await ask('DELETE', '/v1/session');
}

/** @param {Session | undefined} session */
function keep(session) {
  csrf = session?.csrf ?? '';
  return session;
}
