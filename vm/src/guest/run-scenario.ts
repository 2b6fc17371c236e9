import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { parseTrust, verifyModule } from '@klpkit/payload';
import type { Guest, ScenarioResult } from '../scenario.ts';
import { loadGuest } from './load-scenario.ts';

/** Under TCG on a machine that has much else to do; some seconds where it has not. */
const defaultTimeoutMs = 300_000;

/** Runs one scenario of the guest to its end, undoing what it deferred. Never rejects: a failure is a result. */
export async function runScenario(name: string): Promise<ScenarioResult> {
  const startedAt = performance.now();
  const notes: string[] = [];
  const undo: (() => Promise<void>)[] = [];
  let error: string | undefined;
  try {
    const scenario = await loadGuest(name);
    const signal = AbortSignal.timeout(scenario.timeoutMs ?? defaultTimeoutMs);
    const guest = await makeGuest(notes, undo, signal);
    await Promise.race([scenario.run(guest), rejectsWith(signal)]);
  } catch (cause) {
    error = describe(cause);
  }
  for (const step of undo.toReversed()) {
    await step().catch((cause: unknown) => {
      error ??= `while undoing: ${describe(cause)}`;
    });
  }
  return { name, error, durationMs: Math.round(performance.now() - startedAt), notes };
}

async function makeGuest(notes: string[], undo: (() => Promise<void>)[], signal: AbortSignal): Promise<Guest> {
  const trust = await parseTrust({ certificates: [await readFile('/lab/trusted.der')] });
  const module = (file: string, signing = 'trusted'): Promise<Uint8Array> =>
    readFile(`/lab/modules/${signing}/${file}.ko`);
  return {
    release: release(),
    series: release().startsWith('6.1.') ? '6.1' : '6.12',
    trust,
    module,
    verified: async (file, signing) => verifyModule(await module(file, signing), { trust, sha256: null, signal }),
    note: (text) => void notes.push(text),
    defer: (step) => void undo.push(step),
    signal,
  };
}

async function rejectsWith(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function describe(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}\n${cause.stack ?? ''}` : String(cause);
}
