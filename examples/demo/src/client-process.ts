import type { FakeMachine } from '@klpkit/agent/testing';

/** An agent that runs until it is stopped: what on a real machine is a process. */
export interface ClientProcess {
  start(): void;
  /** Ends it in order, where its machine is up. Resolves when it has ended. Throws what the agent ended with, if it ended by itself. */
  stop(): Promise<void>;
}

/** Runs the machine's agent of the moment; one whose machine goes down ends with it, without a word. */
export function createClientProcess(machine: FakeMachine): ClientProcess {
  let off = new AbortController();
  let ran: Promise<void> = Promise.resolve();
  return {
    start() {
      off = new AbortController();
      ran = runUntil(machine, AbortSignal.any([off.signal, machine.power()]));
      ran.catch(() => undefined); // told by stop()
    },
    async stop() {
      off.abort(new Error('stopped'));
      try {
        await ran;
      } finally {
        if (!machine.power().aborted) await machine.agent().shutdown();
      }
    },
  };
}

async function runUntil(machine: FakeMachine, off: AbortSignal): Promise<void> {
  try {
    await machine.agent().run({ signal: off });
  } catch (error) {
    if (!off.aborted) throw error;
  }
}
