import { readFile } from 'node:fs/promises';
import {
  createInserter,
  createKoffiLoader,
  insertModule,
  lastLogSequence,
  readKernelLog,
  removeModule,
  setPatchEnabled,
  type TransitionState,
  watchTransition,
} from '@klpkit/kernel';
import { type Incident, parseLogRecord, scanKernelLog } from '@klpkit/kernel-log';
import type { Guest } from '../scenario.ts';

/** What the patched function prints; the kernel command line where nothing is patched. */
export const cmdline = async (): Promise<string> => (await readFile('/proc/cmdline', 'utf8')).trim();

/** Watches to the end and returns the last state. */
export async function settle(guest: Guest, name: string): Promise<TransitionState> {
  let last: TransitionState = { kind: 'absent' };
  for await (const state of watchTransition(name, { signal: guest.signal })) last = state;
  return last;
}

/** Inserts a livepatch, waits for its transition, and unloads it after the scenario unless that did so itself. */
export async function apply(
  guest: Guest,
  name: string,
  options: { readonly params?: string } = {},
): Promise<TransitionState> {
  await insertModule(await guest.verified(name), options);
  guest.defer(() => unload(name));
  return settle(guest, name);
}

/** Disables and removes a livepatch; one that is gone is fine. */
export async function unload(name: string): Promise<void> {
  await setPatchEnabled(name, false).catch(ignore('NOT_LOADED'));
  for await (const state of watchTransition(name)) if (state.kind === 'absent') break;
  await removeModule(name).catch(ignore('NOT_LOADED'));
}

const ignore =
  (code: string) =>
  (error: unknown): void => {
    if ((error as { code?: unknown }).code !== code) throw error;
  };

/** Loads a module that is no livepatch, in a process of its own, and removes it after the scenario. */
export async function insertPlain(guest: Guest, name: string, params = ''): Promise<void> {
  await createInserter().insert(await guest.module(name), params);
  guest.defer(() => removeModule(name));
}

/** What the kernel says to bytes that no check of ours has passed: the errno's name, and its own lines. */
export async function rawInsert(
  bytes: Uint8Array,
  params = '',
): Promise<{ errno: string | undefined; lines: string[] }> {
  const seq = await lastLogSequence();
  const loader = await createKoffiLoader();
  const errno = await loader.insert(bytes, params).then(
    () => undefined,
    (error: unknown) => (error as { code: string }).code,
  );
  return { errno, lines: await kernelLines(seq) };
}

/** The kernel's own lines since a sequence number. */
export async function kernelLines(seq: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const record of readKernelLog({ from: { seq: seq + 1 } })) {
    const parsed = parseLogRecord(record, { format: 'kmsg' });
    if (parsed?.facility === 0) lines.push(parsed.text);
  }
  return lines;
}

/** The incidents since a sequence number, as an agent would look for them. */
export async function incidentsSince(seq: number, module: string): Promise<Incident[]> {
  const found: Incident[] = [];
  for await (const incident of scanKernelLog(readKernelLog({ from: { seq: seq + 1 } }), { module, loadedSeq: seq }))
    found.push(incident);
  return found;
}
