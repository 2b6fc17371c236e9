import type { KernelInfo, KernelOptions } from '@klpkit/kernel';
import { systemClock } from '@klpkit/kernel';
import type { Clock } from '@klpkit/kernel';
import { nodeIdOf } from '@klpkit/rollout';
import { readKernelInfo } from '@klpkit/kernel';
import { type BlocklistStore, openBlocklistStore } from './blocklist-store.ts';
import { type Journal, openJournal } from './journal.ts';
import { openPayloadCache, type PayloadCache } from './payload-cache.ts';
import type { AgentOptions, AgentRandom, Schedule } from './ports.ts';
import { defaultSchedule } from './schedule.ts';
import { openSpool, type Spool } from './spool.ts';
import type { StepContext } from './step-types.ts';

/** The ports with their defaults, and all that was opened from the store: what the effects work on. */
export interface Body {
  readonly ports: AgentOptions;
  readonly clock: Clock;
  readonly random: AgentRandom;
  readonly schedule: Schedule;
  readonly epochMs: () => number;
  readonly journal: Journal;
  readonly spool: Spool;
  readonly blocklist: BlocklistStore;
  readonly payloads: PayloadCache;
  readonly kernelInfo: KernelInfo;
  /** For every function of `@klpkit/kernel`. */
  readonly kernelOptions: KernelOptions;
  readonly context: StepContext;
}

const systemRandom: AgentRandom = { uuid: () => crypto.randomUUID(), fraction: () => Math.random() };

/** Locks and opens the store and looks at the kernel. @throws AgentError `STATE_UNUSABLE`; KernelError */
export async function openBody(ports: AgentOptions): Promise<Body> {
  const { identity, policy, store } = ports;
  await store.lock();
  const clock = ports.clock ?? systemClock;
  const schedule = ports.schedule ?? defaultSchedule;
  const kernelOptions: KernelOptions = { ...ports.kernel, clock };
  const journal = await openJournal(store);
  const kernelInfo = await readKernelInfo(kernelOptions);
  const nodeId = identity.machineId === undefined ? undefined : nodeIdOf(identity.machineId, identity.appId);
  const subject = { nodeId, tier: identity.tier, ...(policy === undefined ? {} : { policy }) };
  return {
    ports,
    clock,
    random: ports.random ?? systemRandom,
    schedule,
    epochMs: ports.epochMs ?? Date.now,
    journal,
    spool: await openSpool(store, ports.reporter, (event) => ports.onEvent?.(event)),
    blocklist: await openBlocklistStore(store),
    payloads: openPayloadCache(store),
    kernelInfo,
    kernelOptions,
    context: { subject, kernel: kernelInfo.release, schedule },
  };
}
