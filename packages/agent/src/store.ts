/**
 * Where the agent keeps what must outlive it: a handful of small files by name. {@link createFolderStore} is a folder; a test brings one
 * in memory, or one whose disk is full.
 *
 * Every method rejects with `AgentError` `STATE_UNUSABLE` when the medium does not do what was asked; `lock` with `STATE_LOCKED` when
 * another agent has it.
 */
export interface AgentStore {
  /** Takes the store for this agent; makes what it needs. The lock ends with the process, or at {@link AgentStore.unlock}. */
  lock(): Promise<void>;
  /** Gives it back. Safe to call twice, and without a lock. */
  unlock(): Promise<void>;
  /** The content, or undefined where nothing has this name. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** When it resolves, a power cut leaves the new content; before that, the old or the new one, whole. */
  write(name: string, content: string | Uint8Array): Promise<void>;
  /** Adds to the end; on the medium when it resolves. A power cut may tear what was not yet there. */
  append(name: string, text: string): Promise<void>;
  /** All names there are. */
  list(): Promise<readonly string[]>;
  /** Nothing to do where there is none. */
  remove(name: string): Promise<void>;
}

/** Names of what the agent keeps in its store; a payload's name is this prefix and its SHA-256. */
export const storeNames = {
  journal: 'journal.json',
  spool: 'spool.jsonl',
  blocklist: 'blocklist.json',
  status: 'status.json',
  killSwitch: 'kill-switch',
  payloadPrefix: 'payload-',
} as const;
