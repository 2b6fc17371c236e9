import { open, readFile, writeFile } from 'node:fs/promises';
import { bootId, insertModule, watchTransition } from '@klpkit/kernel';
import { parseTrust, verifyModule } from '@klpkit/payload';
import type { PanicScenario } from '../scenario.ts';

/** Where a boot writes down which one it is, as the crash guard does. */
export const bootIdFile = '/state/boot-id';

/** Takes the machine down by a livepatch. Comes back only if that did not happen. */
export async function provokePanic({ module: name, params, sysctl = {} }: PanicScenario): Promise<void> {
  const trust = await parseTrust({ certificates: [await readFile('/lab/trusted.der')] });
  const module = await verifyModule(await readFile(`/lab/modules/trusted/${name}.ko`), { trust, sha256: null });
  const record = await open(bootIdFile, 'w');
  await record.write(await bootId());
  await record.sync();
  await record.close();
  for (const [setting, value] of Object.entries(sysctl)) await writeFile(`/proc/sys/kernel/${setting}`, value);
  await insertModule(module, { params });
  for await (const state of watchTransition(module.name)) console.log(state.kind);
  await writeFile(`/sys/module/${name}/parameters/armed`, '1');
  await readFile('/proc/cmdline');
}
