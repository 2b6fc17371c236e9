import { readFile, writeFile } from 'node:fs/promises';
import type { RedirectedFunction } from '../load-report.ts';

const tracing = '/sys/kernel/debug/tracing';
const group = 'klpkit_calls';

/** Counts calls of functions, by kprobes of the kernel. */
export interface CallCounter {
  /** Names of the functions that were called since the start. */
  called(): Promise<ReadonlySet<string>>;
  /** Takes the probes out again. */
  close(): Promise<void>;
}

type Countable = Pick<RedirectedFunction, 'object' | 'name'>;

/** Starts to count; undefined where the kernel has no kprobes. Functions that cannot be probed count as not called. */
export async function countCalls(functions: readonly Countable[]): Promise<CallCounter | undefined> {
  const placed = new Map<string, string>();
  for (const [index, { object, name }] of functions.entries()) {
    const event = `f${index}`;
    const symbol = object === 'vmlinux' ? name : `${object}:${name}`;
    const done = await write('kprobe_events', `p:${group}/${event} ${symbol}\n`, 'a');
    if (done) placed.set(event, name);
  }
  if (placed.size === 0 || !(await write(`events/${group}/enable`, '1'))) return undefined;
  return {
    async called() {
      const profile = await readFile(`${tracing}/kprobe_profile`, 'latin1');
      const hits = [...profile.matchAll(/^\s*(\S+)\s+(\d+)/gm)].filter(([, , count]) => Number(count) > 0);
      return new Set(hits.flatMap(([, event = '']) => placed.get(event) ?? []));
    },
    async close() {
      await write(`events/${group}/enable`, '0');
      for (const event of placed.keys()) await write('kprobe_events', `-:${group}/${event}\n`, 'a');
    },
  };
}

async function write(file: string, text: string, flag: 'a' | 'w' = 'w'): Promise<boolean> {
  return writeFile(`${tracing}/${file}`, text, { flag }).then(
    () => true,
    () => false, // a function that is inlined, notrace or in a module that is not loaded
  );
}
