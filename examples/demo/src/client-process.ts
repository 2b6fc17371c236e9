import type { Client } from '@klpkit-examples/client';

/** A client that runs until it is stopped: what on a real machine is a process. */
export interface ClientProcess {
  start(): void;
  /** Resolves when it has ended. Throws what the client ended with, if it ended by itself. */
  stop(reason?: string): Promise<void>;
}

/** Starts a fresh client each time, as a new process would. */
export function createClientProcess(newClient: () => Client): ClientProcess {
  let off = new AbortController();
  let ran: Promise<void> = Promise.resolve();
  return {
    start() {
      off = new AbortController();
      ran = runUntil(newClient(), off.signal);
      ran.catch(() => undefined); // told by stop()
    },
    stop(reason = 'stopped') {
      off.abort(new Error(reason));
      return ran;
    },
  };
}

async function runUntil(client: Client, off: AbortSignal): Promise<void> {
  try {
    await client.run({ signal: off });
  } catch (error) {
    if (!off.aborted) throw error;
  }
}
