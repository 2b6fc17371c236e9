import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { bootId, type PstoreRecord, readPatches, readPstore, removePstoreRecord } from '@klpkit/kernel';
import { type Incident, scanKernelLog } from '@klpkit/kernel-log';
import type { PanicScenario, ScenarioResult } from '../scenario.ts';
import { bootIdFile } from './provoke-panic.ts';

/** The boot after: another one, nothing is patched, and pstore has the text in which the patch is named. */
export async function describePanic(name: string, scenario: PanicScenario): Promise<ScenarioResult> {
  const startedAt = performance.now();
  const notes: string[] = [];
  let error: string | undefined;
  try {
    notes.push(await judge(scenario));
  } catch (cause) {
    error = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  }
  return { name, error, durationMs: Math.round(performance.now() - startedAt), notes };
}

async function judge({ module, pstore, found }: PanicScenario): Promise<string> {
  assert.notEqual(await readFile(bootIdFile, 'utf8'), await bootId());
  assert.deepEqual(await readPatches(), []);
  const records = await readPstore();
  for (const record of records) await removePstoreRecord(record);
  // An oops that becomes a panic is written down as both.
  const [panic] = records.filter(({ reason }) => reason === 'Panic');
  assert.ok(panic !== undefined, `no panic among the records of pstore: ${records.map(({ files }) => files).join()}`);
  assert.equal(panic.backend, pstore);
  const [incident] = await incidentsIn(panic, module);
  assert.ok(incident !== undefined, panic.lines.slice(-60).join('\n'));
  const { kind, title, attribution, consequences } = incident;
  assert.deepEqual({ kind, title, attribution, consequences }, found);
  assert.equal(incident.module, module);
  return `${title} (${attribution}), ${records.length} record${records.length === 1 ? '' : 's'} of ${pstore}`;
}

async function incidentsIn(record: PstoreRecord, module: string): Promise<Incident[]> {
  const incidents: Incident[] = [];
  for await (const incident of scanKernelLog(record.lines, { module })) incidents.push(incident);
  return incidents;
}
