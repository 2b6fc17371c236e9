import { readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { lastLogSequence, readKernelLog, watchTransition } from '@klpkit/kernel';
import { parseLogRecord } from '@klpkit/kernel-log';

/** A transition that came to its end, as the kernel's log says. */
interface Completed {
  readonly name: string;
  readonly kind: 'patched' | 'unpatched';
  readonly timeUs: number;
}

/** What the kernel said and what `watchTransition` said, held against each other. */
export interface WatchReport {
  readonly agreed: number;
  readonly disagreements: readonly string[];
}

/** A patch that lives for a shorter time than this may come and go between two looks. */
const shortLifeUs = 1_000_000;
const lookMs = 20;

/** Watches every livepatch that comes, from its first sight to its end, by `watchTransition` alone. */
export async function watchAllPatches(): Promise<{ stop(): Promise<WatchReport> }> {
  const stopping = new AbortController();
  const kernel: Completed[] = [];
  const seen: { name: string; kind: string }[] = [];
  const log = followLog(await lastLogSequence(), kernel, stopping.signal);
  const looking = lookForPatches(seen, stopping.signal);
  const stop = async (): Promise<WatchReport> => {
    await delay(500); // what was written last is still to be read
    stopping.abort();
    await Promise.allSettled([log, looking]);
    return compare(kernel, seen);
  };
  return { stop };
}

async function followLog(seq: number, kernel: Completed[], signal: AbortSignal): Promise<void> {
  const log = readKernelLog({ from: { seq: seq + 1 }, follow: true, onGap: () => undefined, signal });
  for await (const record of log) {
    const parsed = parseLogRecord(record, { format: 'kmsg' });
    const [, name, direction] = /^livepatch: '(\w+)': (patching|unpatching) complete$/.exec(parsed?.text ?? '') ?? [];
    if (parsed === undefined || name === undefined) continue;
    kernel.push({ name, kind: direction === 'patching' ? 'patched' : 'unpatched', timeUs: parsed.timeUs ?? 0 });
  }
}

async function lookForPatches(seen: { name: string; kind: string }[], signal: AbortSignal): Promise<void> {
  const watched = new Set<string>();
  for (; !signal.aborted; await delay(lookMs)) {
    for (const name of await readdir('/sys/kernel/livepatch')) {
      if (watched.has(name)) continue;
      watched.add(name);
      void follow(name, seen, signal).finally(() => watched.delete(name));
    }
  }
}

/** One watch: its last state is what it says of the transition. */
async function follow(name: string, seen: { name: string; kind: string }[], signal: AbortSignal): Promise<void> {
  let last = '';
  for await (const state of watchTransition(name, { signal })) last = state.kind;
  seen.push({ name, kind: last });
  while (!signal.aborted && last === 'patched') {
    await delay(lookMs);
    let next = '';
    for await (const state of watchTransition(name, { signal })) next = state.kind;
    if (next !== last) seen.push({ name, kind: next });
    last = next;
  }
}

function compare(kernel: readonly Completed[], seen: readonly { name: string; kind: string }[]): WatchReport {
  const said = new Set(kernel.map(({ name, kind }) => `${name} ${kind}`));
  const disagreements: string[] = [];
  let agreed = 0;
  for (const { name, kind } of seen) {
    if (kind !== 'patched') continue; // replaced and removed patches end without a line of their own
    if (said.has(`${name} patched`)) agreed++;
    else disagreements.push(`${name}: the watcher said patched, the kernel did not`);
  }
  const names = new Set(seen.map(({ name, kind }) => `${name} ${kind}`));
  for (const [index, { name, kind, timeUs }] of kernel.entries()) {
    const next = kernel.slice(index + 1).find((later) => later.name === name);
    const lived = (next?.timeUs ?? Infinity) - timeUs;
    if (kind === 'patched' && lived > shortLifeUs && !names.has(`${name} patched`)) {
      disagreements.push(`${name}: the kernel said patched, the watcher never did`);
    }
  }
  return { agreed, disagreements };
}
