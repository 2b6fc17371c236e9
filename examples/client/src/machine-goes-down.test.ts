import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from '@klpkit-internal/testkit';
import { expect, it } from 'vitest';
import { machineGoesDown } from './machine-goes-down.ts';

it.each([
  ['stopping', 1, true],
  ['running', 0, false],
  ['degraded', 1, false],
])('of a systemd that says "%s"', async (word, exit, expected) => {
  await using folder = await tempFolder();
  const command = join(folder.path, 'systemctl');
  await writeFile(command, `#!/bin/sh\necho ${word}\nexit ${exit}\n`);
  await chmod(command, 0o755);
  expect(await machineGoesDown(command)).toBe(expected);
});

it('is false where there is no systemd', async () => {
  expect(await machineGoesDown('/nonexistent/systemctl')).toBe(false);
});
