import type { Agent } from 'node:https';
import { AgentError } from './error.ts';
import { httpsRequest, takeWhole } from './https-request.ts';

/** A request whose answer is JSON; with a body it is a POST. */
export interface JsonRequest {
  readonly url: URL;
  readonly agent: Agent;
  readonly maxBytes: number;
  readonly limitMs: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

/** What the server said, as JSON of unknown shape. @throws {@link AgentError} */
export function fetchJson(init: JsonRequest): Promise<unknown> {
  const type = init.body === undefined ? {} : { 'content-type': 'application/json' };
  const headers = { accept: 'application/json', ...type, ...init.headers };
  return httpsRequest({ ...init, headers }, async (answer) => {
    const tooLong = () => malformed(init.url, `longer than ${init.maxBytes} bytes`);
    const body = await takeWhole(answer, { maxBytes: init.maxBytes, tooLong });
    const status = answer.statusCode ?? 0;
    if (status < 200 || status > 299) throw refusal(init.url, status, body);
    return parseJson(init.url, answer.headers['content-type'] ?? '', body);
  });
}

function parseJson(url: URL, type: string, body: Uint8Array): unknown {
  if (!/^application\/json\b/i.test(type))
    throw malformed(url, `of type ${printable(type) || 'none'}, not application/json`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw malformed(url, 'no JSON', cause);
  }
}

/** An answer that is not what the interface promises. */
export function malformed(url: URL, what: string, cause?: unknown): AgentError {
  const next = 'Check that the address is that of the patch server and that client and server are of the same release.';
  return new AgentError('MALFORMED_ANSWER', `The answer of ${url.host}${url.pathname} is ${what}. ${next}`, { cause });
}

/** An error status as an error; the server's own words are kept, made harmless for a terminal and cut. */
export function refusal(url: URL, status: number, body: Uint8Array): AgentError {
  const said = serverWords(body);
  const next =
    status >= 500 || status === 429
      ? 'The agent tries again at its next check; if it stays so, look at the server.'
      : 'Check the configuration (address, tier) and that client and server are of the same release.';
  const sentence = `${url.host}${url.pathname} answered ${status}${said === '' ? '' : `: ${said}`}. ${next}`;
  return new AgentError('SERVER_REFUSED', sentence, { status });
}

function serverWords(body: Uint8Array): string {
  try {
    const { code, message } = JSON.parse(new TextDecoder().decode(body)) as { code?: unknown; message?: unknown };
    return printable([code, message].filter((part) => typeof part === 'string').join(' '));
  } catch {
    return '';
  }
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
