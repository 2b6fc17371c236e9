import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bundle } from './bundle.ts';
import { packageEntries } from './entries.ts';
import { type SizeRow, sizeTable } from './size-table.ts';

const root = resolve(import.meta.dirname, '../../../..');
const rows: SizeRow[] = [];
for (const { specifier, path, runsOn } of await packageEntries(root)) {
  const bundled = await bundle(root, path, runsOn);
  if (!bundled.ok) throw new Error(`${specifier} cannot be bundled: ${bundled.errors.join('; ')}`);
  rows.push({ specifier, runsOn, ...bundled.size });
}
const table = sizeTable(rows);
await writeFile(join(root, 'docs/sizes.md'), table);
console.log(table);
