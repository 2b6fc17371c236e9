import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { type Blocklist, parseBlocklist } from '@klpkit/blocklist';
import type { Evidence, GateDecision, Rollout } from '@klpkit/rollout';
import type { Release } from '@klpkit/release';

/** What the server says of one rollout. */
export interface RolloutReport {
  readonly rollout: Rollout;
  readonly state: { readonly status: { readonly kind: 'running' | 'paused' | 'withdrawn' } };
  readonly evidence: Evidence;
  readonly decision: GateDecision;
  readonly explanation: string;
  readonly counts: readonly {
    readonly tier: string;
    readonly phase: number;
    readonly started: number;
    readonly good: number;
    readonly failed: number;
    readonly silent: number;
  }[];
}

/** The server's interface as an operator uses it, over the same HTTPS as everybody. */
export interface Admin {
  publish(release: Release, payload: Uint8Array): Promise<void>;
  /** Tells whether the server did it. */
  event(key: string, type: 'advance' | 'promote'): Promise<boolean>;
  report(key: string): Promise<RolloutReport>;
  blocklist(): Promise<Blocklist>;
  /** Pings about the release that the database has counted, `check` left out. */
  pings(key: string): Promise<number>;
  close(): void;
}

/** Where the server is. */
export interface AdminOptions {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

/** Opens the interface. */
export function openAdmin({ url, ca, token }: AdminOptions): Admin {
  const agent = new Agent({ keepAlive: true, ca });
  const ask = async (method: string, path: string, body?: Uint8Array | object) => {
    const isBytes = body instanceof Uint8Array;
    const type = isBytes ? 'application/octet-stream' : 'application/json';
    const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': type }) };
    const outgoing = request(new URL(path, url), { method, agent, headers });
    outgoing.end(isBytes || body === undefined ? body : JSON.stringify(body));
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    const text = Buffer.concat(await answer.toArray()).toString();
    return { status: answer.statusCode ?? 0, text };
  };
  const must = async (method: string, path: string, body?: Uint8Array | object) => {
    const { status, text } = await ask(method, path, body);
    if (status < 200 || status > 299) throw new Error(`${method} ${path} was answered ${status}: ${text}`);
    return text;
  };
  return {
    async publish(release, payload) {
      await must('PUT', `/v1/admin/payloads/${release.sha256}`, payload);
      await must('POST', '/v1/admin/releases', { release });
    },
    async event(key, type) {
      const { status } = await ask('POST', `/v1/admin/rollouts/${encodeURIComponent(key)}/events`, { type });
      return status >= 200 && status <= 299;
    },
    report: async (key) =>
      JSON.parse(await must('GET', `/v1/admin/rollouts/${encodeURIComponent(key)}`)) as RolloutReport,
    blocklist: async () => parseBlocklist(JSON.parse(await must('GET', '/v1/blocklist'))),
    pings: async (key) => countPings(await must('GET', '/metrics'), key),
    close: () => agent.destroy(),
  };
}

/** Adds up `klpkit_pings_total` of one release over all of its labels. */
function countPings(metrics: string, key: string): number {
  let sum = 0;
  for (const line of metrics.split('\n')) {
    if (!line.startsWith('klpkit_pings_total{') || !line.includes(`release="${key}"`)) continue;
    if (!line.includes('kind="check"')) sum += Number(line.slice(line.lastIndexOf(' ')));
  }
  return sum;
}
