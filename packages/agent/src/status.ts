import { type KernelOptions, readKernelInfo, readPatches } from '@klpkit/kernel';
import { releaseKey } from '@klpkit/release';
import { readStoredBlocklist } from './blocklist-store.ts';
import { exitCodeOf } from './exit-code.ts';
import { emptyMemory, type Memory, parseMemory } from './memory.ts';
import type { AgentStateKind } from './state.ts';
import { readStatusRecord, type StatusRecord } from './status-record.ts';
import { type AgentStore, storeNames } from './store.ts';

/** What cannot be said any more, because what it would rest on is too old or missing. */
export type StatusUnknown =
  /** Whether the agent still runs: nothing was heard of it for two check intervals. */
  | 'agent'
  /** Whether the server has something newer: it was not reached for two check intervals. */
  | 'server'
  /** Whether the patch in force is blocked: there is no blocklist, or it has expired. */
  | 'blocklist'
  /** Whether the machine bears the patch in force: its health checks are not over. */
  | 'health'
  /** What is loaded: the kernel could not be asked. */
  | 'kernel';

/** How a machine stands. */
export interface AgentStatus {
  /** Of the patch in force, or of the last check where none is. */
  readonly state: AgentStateKind;
  /** Key of the release in force, or of the one that the state is about; null where there is none. */
  readonly release: string | null;
  /** Epoch ms since when that is so; null where nobody knows. */
  readonly since: number | null;
  /** CVEs that the patch in force fixes; empty where none is in force. */
  readonly fixes: readonly string[];
  /** Epoch ms at which the server last answered; null for never. */
  readonly lastContact: number | null;
  /** Empty where all of it is fresh. */
  readonly unknown: readonly StatusUnknown[];
  /** Patches that this machine does not insert again, by key, and why. */
  readonly suspects: readonly { readonly release: string; readonly reason: string }[];
  /** Whether an inserter died or hung in this boot, so that nothing is inserted before the next. */
  readonly rebootNeeded: boolean;
}

/** What {@link readStatus} looks at. */
export interface ReadStatusOptions {
  readonly store: AgentStore;
  /** The running one by default. */
  readonly kernel?: Pick<KernelOptions, 'root' | 'loader'>;
  /** Epoch ms; now by default. */
  readonly now?: number;
  /** Of the agent's schedule: what is older than two of it counts as unknown. An hour by default. */
  readonly checkIntervalMs?: number;
}

/**
 * How the machine stands, from the kernel itself and from what the agent has left in its store; works beside a running agent and without one.
 * What is in force is read from the kernel: a status never says "healthy" of a patch that is not there.
 *
 * @throws {@link AgentError} `STATE_UNUSABLE`
 *
 * @example
 * ```ts
 * import { createFolderStore, readStatus } from '@klpkit/agent';
 *
 * const status = await readStatus({ store: createFolderStore('/var/lib/klpkit') });
 * console.log(status.state, status.fixes, status.unknown);
 * ```
 */
export async function readStatus(options: ReadStatusOptions): Promise<AgentStatus> {
  const { store, now = Date.now(), checkIntervalMs = 3_600_000 } = options;
  const bytes = await store.read(storeNames.journal);
  const memory = bytes === undefined ? emptyMemory : parseMemory(new TextDecoder().decode(bytes));
  const record = await readStatusRecord(store);
  const kernel = await askKernel(options.kernel ?? {});
  const patch = kernel === undefined ? undefined : inForce(memory, kernel);
  const isOld = (at: number | null | undefined) => at === null || at === undefined || now - at > 2 * checkIntervalMs;
  const list = await readStoredBlocklist(store).catch(() => undefined);
  const unknown: [boolean, StatusUnknown][] = [
    [isOld(record?.at) && memory.open === null, 'agent'],
    [isOld(record?.lastContact), 'server'],
    [list === undefined || list.expires <= now, 'blocklist'],
    [patch !== undefined && patch.state !== 'healthy' && patch.state !== 'applied-with-bug', 'health'],
    [kernel === undefined, 'kernel'],
  ];
  return {
    ...(patch ?? withoutPatch(record)),
    lastContact: record?.lastContact ?? null,
    unknown: unknown.flatMap(([isUnknown, what]) => (isUnknown ? [what] : [])),
    suspects: memory.suspects.map(({ release, reason }) => ({ release, reason })),
    rebootNeeded: kernel !== undefined && memory.stuckBootId === kernel.bootId,
  };
}

/**
 * The exit code of a status for scripts: 0 well, 1 not well or not patched, 3 well as far as is known, but something is unknown.
 *
 * @example
 * ```ts
 * import { createFolderStore, exitCodeOfStatus, readStatus } from '@klpkit/agent';
 *
 * process.exitCode = exitCodeOfStatus(await readStatus({ store: createFolderStore('/var/lib/klpkit') }));
 * ```
 */
export function exitCodeOfStatus({ state, unknown, rebootNeeded }: AgentStatus): 0 | 1 | 3 {
  if (exitCodeOf(state) !== 0 || rebootNeeded) return 1;
  return unknown.length > 0 ? 3 : 0;
}

interface KernelView {
  readonly bootId: string;
  readonly loaded: readonly string[];
}

async function askKernel(options: Pick<KernelOptions, 'root' | 'loader'>): Promise<KernelView | undefined> {
  try {
    const { bootId, livepatch } = await readKernelInfo(options);
    const patches = livepatch ? await readPatches(options) : [];
    return { bootId, loaded: patches.filter(({ enabled }) => enabled).map(({ name }) => name) };
  } catch {
    return undefined;
  }
}

type PatchStatus = Pick<AgentStatus, 'state' | 'release' | 'since' | 'fixes'>;

function inForce({ open, held, suspects }: Memory, { bootId, loaded }: KernelView): PatchStatus | undefined {
  if (open !== null && open.bootId === bootId && loaded.includes(open.module)) {
    const isApplied = open.phase === 'soaking';
    const fixes = isApplied ? open.release.fixes : [];
    const state = isApplied ? 'soaking' : open.phase === 'reversing' ? 'stalled' : 'transitioning';
    return { state, release: releaseKey(open.release), since: open.appliedAt ?? open.openedAt, fixes };
  }
  const proven = held.findLast(({ module }) => loaded.includes(module));
  if (proven !== undefined) {
    const { release, since } = proven;
    return { state: 'healthy', release: releaseKey(release), since, fixes: release.fixes };
  }
  const suspect = suspects.findLast(({ module }) => loaded.includes(module));
  if (suspect === undefined) return undefined;
  return { state: 'applied-with-bug', release: suspect.release, since: suspect.since, fixes: [] };
}

function withoutPatch(record: StatusRecord | undefined): PatchStatus {
  if (record === undefined) return { state: 'idle', release: null, since: null, fixes: [] };
  // What was healthy and is not in the kernel any more is not healthy: nothing is known of it but that it has to be applied again.
  const state = record.state === 'healthy' ? 'idle' : record.state;
  return { state, release: record.release, since: record.at, fixes: [] };
}
