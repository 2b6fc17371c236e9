import { type HttpsClient, readBody } from '@klpkit/https';
import { inAgentsWords, malformed, printable, refusal } from './https-errors.ts';

/** A request whose answer is JSON; with a body it is a POST. */
export interface JsonRequest {
  readonly url: URL;
  readonly client: HttpsClient;
  readonly maxBytes: number;
  /** For the whole exchange. */
  readonly limitMs: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

/** What the server said, as JSON of unknown shape. @throws {@link AgentError} */
export function fetchJson({ url, client, limitMs, ...rest }: JsonRequest): Promise<unknown> {
  const type = rest.body === undefined ? {} : { 'content-type': 'application/json' };
  const headers = { accept: 'application/json', ...type, ...rest.headers };
  return inAgentsWords(async () => {
    const answer = await client.request(url, { ...rest, headers, wholeMs: limitMs });
    if (answer.status < 200 || answer.status > 299) throw await refusal(url, answer);
    return parseJson(url, answer.headers['content-type'] ?? '', await readBody(answer));
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
