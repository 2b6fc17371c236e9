import { createHttpsClient, readBody } from '@klpkit/https';
import type { Evidence, GateDecision } from '@klpkit/rollout';

/** What the server makes of one release. */
export interface FleetReport {
  /** What the gate decides with: machines that began, failed, and have not answered yet. */
  readonly evidence: Evidence;
  readonly decision: GateDecision;
  /** The same in a sentence. */
  readonly explanation: string;
  /** Pings that were counted, by their kind. */
  readonly pings: ReadonlyMap<string, number>;
}

/** Where the server is, and who asks. */
export interface OperatorOptions {
  readonly url: string;
  /** PEM of the authority behind its certificate. */
  readonly ca: string;
  readonly token: string;
}

/** What one look at the server may take. */
const limits = { wholeMs: 30_000, maxBytes: 16 << 20 };

/** The server as an operator asks it, over the same HTTPS as everybody. */
export function openOperator({ url, ca, token }: OperatorOptions) {
  const client = createHttpsClient({ ca });
  const headers = { authorization: `Bearer ${token}` };
  const ask = async (path: string): Promise<{ status: number; text: string }> => {
    const answer = await client.request(new URL(path, url), { headers, ...limits });
    return { status: answer.status, text: new TextDecoder().decode(await readBody(answer)) };
  };
  return {
    async report(release: string): Promise<FleetReport | null> {
      const { status, text } = await ask(`/v1/admin/rollouts/${encodeURIComponent(release)}`);
      if (status === 404) return null;
      if (status !== 200) throw new Error(`the server answered ${status}: ${text}`);
      const { evidence, decision, explanation } = JSON.parse(text) as FleetReport;
      return { evidence, decision, explanation, pings: pingsOf((await ask('/metrics')).text, release) };
    },
    close: () => client.close(),
  };
}

/** Adds up `klpkit_pings_total` of one release by kind, over all other labels. */
function pingsOf(metrics: string, release: string): ReadonlyMap<string, number> {
  const pings = new Map<string, number>();
  for (const line of metrics.split('\n')) {
    if (!line.startsWith('klpkit_pings_total{') || !line.includes(`release="${release}"`)) continue;
    const [, kind = ''] = /kind="([a-z-]+)"/.exec(line) ?? [];
    pings.set(kind, (pings.get(kind) ?? 0) + Number(line.slice(line.lastIndexOf(' '))));
  }
  return pings;
}
