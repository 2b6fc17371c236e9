/** The boot after: another one, and pstore has the panic's text, in which the patch is named. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { bootId, readPatches, readPstore } from '@klpkit/kernel';
import { type Incident, scanKernelLog } from '@klpkit/kernel-log';

assert.notEqual(await readFile('/state/boot-id', 'utf8'), await bootId());
assert.deepEqual(await readPatches(), []);
const records = await readPstore();
assert.ok(records.length > 0, 'pstore is empty');
const incidents: Incident[] = [];
for (const record of records) {
  for await (const incident of scanKernelLog(record.lines, { module: 'klpkit_trap' })) incidents.push(incident);
}
const [incident] = incidents;
assert.equal(incident?.kind, 'panic', JSON.stringify(incidents));
assert.equal(incident.module, 'klpkit_trap');
assert.ok(['strong', 'medium'].includes(incident.attribution), incident.attribution);
console.log(`${incident.title} (${incident.attribution}), ${records.length} record`);
process.exit(0);
