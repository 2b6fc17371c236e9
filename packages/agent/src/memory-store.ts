import { AgentError } from './error.ts';
import type { AgentStore } from './store.ts';

/** A store in memory whose medium can be made to refuse. */
export interface MemoryStore extends AgentStore {
  /** What a write is refused with from here on; undefined: nothing is. */
  refuse(errno: string | undefined): void;
}

/**
 * Makes a store in memory: for tests, and for agents in number whose state need not outlive the process. It has no lock.
 *
 * @example
 * ```ts
 * import { createMemoryStore } from '@klpkit/agent/testing';
 *
 * const store = createMemoryStore();
 * store.refuse('ENOSPC'); // from here on the disk is full
 * ```
 */
export function createMemoryStore(): MemoryStore {
  const files = new Map<string, Uint8Array>();
  let refusal: string | undefined;
  const put = (name: string, content: string | Uint8Array) => {
    if (refusal !== undefined) throw new AgentError('STATE_UNUSABLE', `Cannot write ${name} (${refusal}). Free space.`);
    files.set(name, typeof content === 'string' ? new TextEncoder().encode(content) : Uint8Array.from(content));
  };
  return {
    refuse(errno) {
      refusal = errno;
    },
    lock: async () => undefined,
    unlock: async () => undefined,
    read: async (name) => files.get(name),
    write: async (name, content) => put(name, content),
    append: async (name, text) => put(name, new TextDecoder().decode(files.get(name)) + text),
    list: async () => [...files.keys()],
    remove: async (name) => void files.delete(name),
  };
}
