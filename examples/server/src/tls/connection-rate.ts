import { networkOf } from './network-of.ts';

/** Who may open another connection now. */
export interface ConnectionRate {
  mayOpen(address: string): boolean;
}

/** How {@link limitConnections} counts. */
export interface ConnectionRateOptions {
  /** Connections a minute that one network may open. */
  readonly perMinute: number;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Once for each time that a network begins to be refused. */
  readonly onRefused: (network: string) => void;
}

/** A sixth of a minute's connections may come at once: as many machines behind one address are woken by the same clock. */
const burstMinutes = 1 / 6;
/** Networks that are remembered; of more the one that came least of late is forgotten, and begins anew. */
const maxNetworks = 20_000;
const minuteMs = 60_000;

interface Bucket {
  tokens: number;
  at: number;
  isRefused: boolean;
}

/**
 * Limits how often one network opens a connection, by a token bucket. A TLS handshake takes more processor time than any request that is
 * refused, and comes before there is a request that could be counted.
 */
export function limitConnections({ perMinute, now, onRefused }: ConnectionRateOptions): ConnectionRate {
  const capacity = Math.max(1, Math.floor(perMinute * burstMinutes));
  const buckets = new Map<string, Bucket>();
  const take = (network: string): Bucket => {
    const at = now();
    const bucket = buckets.get(network) ?? { tokens: capacity, at, isRefused: false };
    bucket.tokens = Math.min(capacity, bucket.tokens + ((at - bucket.at) * perMinute) / minuteMs);
    bucket.at = at;
    // Whoever came last stands last.
    buckets.delete(network);
    buckets.set(network, bucket);
    const [first] = buckets.keys();
    if (buckets.size > maxNetworks && first !== undefined) buckets.delete(first);
    return bucket;
  };
  return {
    mayOpen: (address) => {
      const network = networkOf(address);
      const bucket = take(network);
      // Half of it has to come back before a refusal is news again: at the limit every other connection would be one.
      if (bucket.tokens >= capacity / 2) bucket.isRefused = false;
      if (bucket.tokens >= 1) {
        bucket.tokens -= 1;
        return true;
      }
      if (!bucket.isRefused) onRefused(network);
      bucket.isRefused = true;
      return false;
    },
  };
}
