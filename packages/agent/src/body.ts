import { forceAcceptance, type KernelInfo, type KernelOptions, liveRoot, readKernelInfo } from '@klpkit/kernel';
import { nodeIdOf } from '@klpkit/rollout';
import { type BlocklistStore, openBlocklistStore } from './blocklist-store.ts';
import { readCpuFamily } from './cpu-family.ts';
import { AgentError } from './error.ts';
import { type Journal, openJournal } from './journal.ts';
import { openPayloadCache, type PayloadCache } from './payload-cache.ts';
import { type TimeAndChance, timeAndChanceOf } from './port-defaults.ts';
import type { AgentOptions, Schedule } from './ports.ts';
import { openSpool, type Spool } from './spool.ts';
import { openStatusKeeper, type StatusKeeper } from './status-record.ts';
import type { StepContext } from './step-types.ts';

/** The ports with their defaults, and all that was opened from the store: what the effects work on. */
export interface Body extends TimeAndChance {
  readonly ports: AgentOptions;
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

/** Locks and opens the store and looks at the kernel. @throws AgentError `STATE_UNUSABLE`; KernelError */
export async function openBody(ports: AgentOptions): Promise<Body> {
  const { identity, policy, store } = ports;
  await store.lock();
  const timeAndChance = timeAndChanceOf(ports);
  const { clock, schedule } = timeAndChance;
  checkDeadline(schedule, ports);
  const kernelOptions: KernelOptions = { ...ports.kernel, clock };
  const trouble = (code: string, what: string) => (error: Error) =>
    ports.onEvent?.({ kind: 'trouble', code, message: `${what} ${error.message}` });
  const journal = await openJournal(store, trouble('RECORD_NOT_KEPT', 'How far the patch is, is only in memory:'));
  const kernelInfo = await readKernelInfo(kernelOptions);
  const nodeId = identity.machineId === undefined ? undefined : nodeIdOf(identity.machineId, identity.appId);
  const subject = { nodeId, tier: identity.tier, ...(policy === undefined ? {} : { policy }) };
  const spool = await openSpool(store, ports.reporter, (event) => ports.onEvent?.(event));
  await payOwed(journal, spool);
  return {
    ports,
    ...timeAndChance,
    journal,
    spool,
    blocklist: await openBlocklistStore(store, ports),
    payloads: openPayloadCache(store),
    status: await openStatusKeeper(store, trouble('STATUS_NOT_KEPT', 'The status will look old:')),
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
