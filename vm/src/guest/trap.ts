import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { readKernelLog } from '@klpkit/kernel';
import { type Incident, type IncidentKind, scanKernelLog } from '@klpkit/kernel-log';
import type { Guest } from '../scenario.ts';

const armed = '/sys/module/klpkit_trap/parameters/armed';

/** From now on the patched function misbehaves; disarmed after the scenario, before its patch is unloaded. */
export async function armTrap(guest: Guest): Promise<void> {
  await writeFile(armed, '1');
  guest.defer(disarmTrap);
}

/** A task that spins or sleeps in the patched function comes back. */
export const disarmTrap = (): Promise<void> => writeFile(armed, '0');

/** Steps into the trap; resolves when the task is back. */
export async function readCmdlineInBackground(): Promise<void> {
  await promisify(execFile)('cat', ['/proc/cmdline']);
}

/** Follows the log until an incident of a kind comes. */
export async function waitForIncident(guest: Guest, seq: number, kind: IncidentKind): Promise<Incident> {
  const log = readKernelLog({ from: { seq: seq + 1 }, follow: true, signal: guest.signal });
  for await (const incident of scanKernelLog(log, { module: 'klpkit_trap', loadedSeq: seq, signal: guest.signal })) {
    if (incident.kind === kind) return incident;
  }
  throw new Error('the log ended');
}
