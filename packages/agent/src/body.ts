import type { KernelInfo, KernelOptions } from '@klpkit/kernel';
import { forceAcceptance, liveRoot, systemClock } from '@klpkit/kernel';
import type { Clock } from '@klpkit/kernel';
import { nodeIdOf } from '@klpkit/rollout';
import { readKernelInfo } from '@klpkit/kernel';
import { type BlocklistStore, openBlocklistStore } from './blocklist-store.ts';
import { readCpuFamily } from './cpu-family.ts';
import { AgentError } from './error.ts';
import { type Journal, openJournal } from './journal.ts';
import { openPayloadCache, type PayloadCache } from './payload-cache.ts';
import type { AgentOptions, AgentRandom, Schedule } from './ports.ts';
import { defaultSchedule } from './schedule.ts';
import { openSpool, type Spool } from './spool.ts';
import { openStatusKeeper, type StatusKeeper } from './status-record.ts';
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
  readonly status: StatusKeeper;
  readonly kernelInfo: KernelInfo;
  /** As pings say it; absent where the machine does not tell. */
  readonly cpuFamily: string | undefined;
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
  checkDeadline(schedule, ports);
  const kernelOptions: KernelOptions = { ...ports.kernel, clock };
  const journal = await openJournal(store);
  const kernelInfo = await readKernelInfo(kernelOptions);
  const nodeId = identity.machineId === undefined ? undefined : nodeIdOf(identity.machineId, identity.appId);
  const subject = { nodeId, tier: identity.tier, ...(policy === undefined ? {} : { policy }) };
  const spool = await openSpool(store, ports.reporter, (event) => ports.onEvent?.(event));
  await payOwed(journal, spool);
  return {
    ports,
    clock,
    random: ports.random ?? systemRandom,
    schedule,
    epochMs: ports.epochMs ?? Date.now,
    journal,
    spool,
    blocklist: await openBlocklistStore(store, ports),
    payloads: openPayloadCache(store),
    status: await openStatusKeeper(store, ({ message }) =>
      ports.onEvent?.({ kind: 'trouble', code: 'STATUS_NOT_KEPT', message }),
    ),
    kernelInfo,
    cpuFamily: await readCpuFamily((kernelOptions.root ?? liveRoot).procfs),
    kernelOptions,
    context: {
      subject,
      kernel: kernelInfo.release,
      schedule,
      control: policy?.control === true,
      force: policy?.forceStalled === forceAcceptance,
    },
  };
}

/** The kernel itself signals tasks that sleep at 15 s; a shorter deadline takes every sleeper for a stalled task. */
const MIN_TRANSITION_DEADLINE_MS = 20_000;

function checkDeadline({ transitionDeadlineMs }: Schedule, { kernel }: AgentOptions): void {
  const isRunningKernel = (kernel?.root ?? liveRoot).sysfs === liveRoot.sysfs;
  if (!isRunningKernel || transitionDeadlineMs >= MIN_TRANSITION_DEADLINE_MS) return;
  throw new AgentError(
    'OPTIONS_INVALID',
    `A transition deadline of ${transitionDeadlineMs} ms is too short for a real kernel. Give it at least ${MIN_TRANSITION_DEADLINE_MS} ms.`,
  );
}

/** A ping whose author died between the journal and the spool. */
async function payOwed(journal: Journal, spool: Spool): Promise<void> {
  const { owed } = journal.memory();
  if (owed === null) return;
  await spool.append(owed);
  await journal.paid();
}
