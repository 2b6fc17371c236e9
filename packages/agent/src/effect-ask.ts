import { readPatches } from '@klpkit/kernel';
import type { StepEvent, Facts } from './step-event.ts';
import { readKillSwitch } from './kill-switch.ts';
import { liveModules } from './module-state.ts';
import type { Hands } from './workbench.ts';

/** What the machine and the journal say now. */
export async function facts({ body }: Pick<Hands, 'body'>): Promise<Facts> {
  const patches = body.kernelInfo.livepatch ? await readPatches(body.kernelOptions) : [];
  const memory = body.journal.memory();
  return {
    memory,
    modules: await liveModules(
      [...memory.held, ...memory.suspects].map(({ module }) => module),
      body.kernelOptions,
    ),
    bootId: body.kernelInfo.bootId,
    loaded: patches.map((patch) => patch.name),
    livepatch: body.kernelInfo.livepatch,
    killSwitch: await readKillSwitch(body.ports),
    blocklist: body.blocklist.current(),
    now: body.epochMs(),
    attemptId: body.random.uuid(),
  };
}

/** Offer and blocklist together: neither is of use without the other. */
export async function askServer({ body, signal }: Hands): Promise<StepEvent> {
  const { source, identity } = body.ports;
  const { release: kernel, arch } = body.kernelInfo;
  const stop = signal === undefined ? {} : { signal };
  const [offer, list] = await Promise.all([
    source.offer({ kernel, arch, tier: identity.tier }, stop),
    source.blocklist(stop),
  ]);
  body.status.contacted(body.epochMs());
  await body.blocklist.take(list);
  return { kind: 'answered', offer, facts: await facts({ body }) };
}

/** The facts anew, after an open record was closed. */
export async function look(hands: Hands): Promise<StepEvent> {
  return { kind: 'started', facts: await facts(hands) };
}

/**
 * The newest blocklist that can be had. Without a proven patch there is no question to ask it; without a network the stored one answers, and
 * its own rules say for how long.
 */
export async function askBlocklist({ body, signal }: Hands): Promise<StepEvent | undefined> {
  if (body.journal.memory().held.length === 0) return undefined;
  try {
    const list = await body.ports.source.blocklist(signal === undefined ? {} : { signal });
    body.status.contacted(body.epochMs());
    await body.blocklist.take(list);
  } catch (error) {
    signal?.throwIfAborted();
    const message = `The stored blocklist is used: ${(error as Error).message}`;
    body.ports.onEvent?.({ kind: 'trouble', code: 'BLOCKLIST_NOT_FRESH', message });
  }
  return { kind: 'list-known', facts: await facts({ body }) };
}
