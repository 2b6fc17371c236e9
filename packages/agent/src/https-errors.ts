import { type HttpsAnswer, type HttpsErrorCode, isHttpsError } from '@klpkit/https';
import { AgentError, type AgentErrorCode } from './error.ts';

const codes: Readonly<Record<HttpsErrorCode, AgentErrorCode>> = {
  UNREACHABLE: 'SERVER_UNREACHABLE',
  TOO_SLOW: 'SERVER_UNREACHABLE',
  NOT_HTTPS: 'SERVER_UNREACHABLE',
  CERTIFICATE_REJECTED: 'CERTIFICATE_REJECTED',
  TLS_FAILED: 'TLS_FAILED',
  TOO_LONG: 'MALFORMED_ANSWER',
  WRONG_RANGE: 'SERVER_REFUSED',
};

/** An exchange with the server, whose errors become the agent's own. All others and an abort pass through untouched. */
export async function inAgentsWords<T>(exchange: () => Promise<T>): Promise<T> {
  try {
    return await exchange();
  } catch (error) {
    if (!isHttpsError(error)) throw error;
    throw new AgentError(codes[error.code], `${error.sentence} The agent tries again at its next check.`, {
      cause: error,
    });
  }
}

/** An answer that is not what the interface promises. */
export function malformed(url: URL, what: string, cause?: unknown): AgentError {
  const next = 'Check that the address is that of the patch server and that client and server are of the same release.';
  return new AgentError('MALFORMED_ANSWER', `The answer of ${url.host}${url.pathname} is ${what}. ${next}`, { cause });
}

/** Longest error page that is looked at, bytes. */
const MAX_REFUSAL_BYTES = 4096;

/** An error status as an error; the server's own words are kept, made harmless for a terminal and cut. */
export async function refusal(url: URL, { status, body }: HttpsAnswer): Promise<AgentError> {
  const said = serverWords(await beginningOf(body));
  const next =
    status >= 500 || status === 429
      ? 'The agent tries again at its next check; if it stays so, look at the server.'
      : 'Check the configuration (address, tier) and that client and server are of the same release.';
  const sentence = `${url.host}${url.pathname} answered ${status}${said === '' ? '' : `: ${said}`}. ${next}`;
  return new AgentError('SERVER_REFUSED', sentence, { status });
}

async function beginningOf(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_REFUSAL_BYTES) break;
    }
  } catch (error) {
    if (!isHttpsError(error, 'TOO_LONG')) throw error; // an error page longer than what was asked for is still an error page
  }
  return Buffer.concat(chunks);
}

function serverWords(body: Uint8Array): string {
  try {
    const { code, message } = JSON.parse(new TextDecoder().decode(body)) as { code?: unknown; message?: unknown };
    return printable([code, message].filter((part) => typeof part === 'string').join(' '));
  } catch {
    return '';
  }
}

/** What a server sent, made harmless for a terminal and cut. */
export function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
