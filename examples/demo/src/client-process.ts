import type { Agent, AgentStore } from '@klpkit/agent';

/** An agent that runs until it is stopped: what on a real machine is a process. */
export interface ClientProcess {
  start(): void;
  /** Ends it in order. Resolves when it has ended. Throws what the agent ended with, if it ended by itself. */
  stop(): Promise<void>;
  /** Ends it as a machine that goes down does: without a word. */
  kill(): Promise<void>;
}

/** Starts a fresh agent on the store each time, as a new process would. */
export function createClientProcess(newAgent: () => Agent, store: AgentStore): ClientProcess {
  let off = new AbortController();
  let ran: Promise<void> = Promise.resolve();
  let agent: Agent | undefined;
  const end = async (last: (running: Agent | undefined) => Promise<void>) => {
    off.abort(new Error('stopped'));
    const running = agent;
    agent = undefined;
    try {
      await ran;
    } finally {
      await last(running);
    }
  };
  return {
    start() {
      off = new AbortController();
      agent = newAgent();
      ran = runUntil(agent, off.signal);
      ran.catch(() => undefined); // told by stop()
    },
    stop: () => end(async (running) => running?.shutdown()),
    kill: () => end(() => store.unlock()),
  };
}

async function runUntil(agent: Agent, off: AbortSignal): Promise<void> {
  try {
    await agent.run({ signal: off });
  } catch (error) {
    if (!off.aborted) throw error;
  }
}
