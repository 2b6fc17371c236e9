import { type AgentStore, storeNames } from './store.ts';

/** Payloads of patches that may have to be put back at a boot without a network. Named by digest; verified again whenever they are used. */
export interface PayloadCache {
  read(sha256: string): Promise<Uint8Array | undefined>;
  keep(sha256: string, bytes: Uint8Array): Promise<void>;
  /** Removes all but these. */
  prune(wanted: ReadonlySet<string>): Promise<void>;
}

/** The cache in a store. */
export function openPayloadCache(store: AgentStore): PayloadCache {
  const nameOf = (sha256: string) => `${storeNames.payloadPrefix}${sha256}`;
  return {
    read: (sha256) => store.read(nameOf(sha256)),
    keep: (sha256, bytes) => store.write(nameOf(sha256), bytes),
    async prune(wanted) {
      for (const name of await store.list()) {
        if (!name.startsWith(storeNames.payloadPrefix)) continue;
        if (!wanted.has(name.slice(storeNames.payloadPrefix.length))) await store.remove(name);
      }
    },
  };
}
