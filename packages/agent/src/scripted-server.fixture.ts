import { type BlockEntry, type Blocklist, block, emptyBlocklist, refreshBlocklist } from '@klpkit/blocklist';
import { type Ping, parsePingBatch } from '@klpkit/pings';
import { type Release, releaseKey } from '@klpkit/release';
import { AgentError } from './error.ts';
import type { Candidate, Reporter, Source } from './ports.ts';

/** A source and reporter in memory: what a test publishes is what the agent gets. */
export interface ScriptedServer extends Source, Reporter {
  /** Every ping that was taken, once each. */
  readonly pings: Ping[];
  /** Puts a release in front, for all machines unless a share is given. */
  publish(release: Release, payload: Uint8Array, microPercent?: number): void;
  block(entry: Pick<BlockEntry, 'release' | 'action'>): void;
  /** From here on nothing answers, or all does again. */
  setReachable(reachable: boolean): void;
  /** How often each payload was fetched. */
  readonly downloads: Map<string, number>;
}

/** Makes one; pings pass through the real schema. */
export function createScriptedServer(tier: string): ScriptedServer {
  const candidates: Candidate[] = [];
  const payloads = new Map<string, Uint8Array>();
  const downloads = new Map<string, number>();
  const pings: Ping[] = [];
  let list: Blocklist = emptyBlocklist(Date.now());
  let reachable = true;
  const touch = () => {
    if (!reachable) throw new AgentError('SERVER_UNREACHABLE', 'The scripted server is away.');
  };
  return {
    pings,
    downloads,
    publish(release, payload, microPercent = 100_000_000) {
      const rollout = { release: releaseKey(release), paused: false, tiers: [{ tier, microPercent }] };
      candidates.unshift({ release, rollout, payload: `/v1/payloads/${release.sha256}` });
      payloads.set(release.sha256, payload);
    },
    block({ release, action }) {
      const now = Math.max(Date.now(), list.issued);
      const entry: BlockEntry = { release, sha256: null, kernels: '*', action, reason: 'test', since: now };
      list = block(list, entry, now);
    },
    setReachable(next) {
      reachable = next;
    },
    async offer() {
      touch();
      return { candidates: [...candidates], reason: 'no-release', message: 'No livepatch is published.' };
    },
    async blocklist() {
      touch();
      return refreshBlocklist(list, Math.max(Date.now(), list.issued));
    },
    async payload(release) {
      touch();
      downloads.set(release.sha256, (downloads.get(release.sha256) ?? 0) + 1);
      const bytes = payloads.get(release.sha256);
      if (bytes === undefined) throw new AgentError('SERVER_REFUSED', 'There is no such payload.', { status: 404 });
      return Uint8Array.from(bytes);
    },
    async send(batch) {
      touch();
      for (const ping of parsePingBatch(JSON.parse(JSON.stringify({ pings: batch })))) {
        if (!pings.some((known) => known.id === ping.id)) pings.push(ping);
      }
    },
  };
}
