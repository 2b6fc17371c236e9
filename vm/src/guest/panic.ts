/** The first boot: writes down which boot it is, as the crash guard does, and inserts a patch that takes the machine down. */
import { open, readFile, writeFile } from 'node:fs/promises';
import { bootId, insertModule, watchTransition } from '@klpkit/kernel';
import { parseTrust, verifyModule } from '@klpkit/payload';

const trust = await parseTrust({ certificates: [await readFile('/lab/trusted.der')] });
const module = await verifyModule(await readFile('/lab/modules/trusted/klpkit_trap.ko'), { trust, sha256: null });
const record = await open('/state/boot-id', 'w');
await record.write(await bootId());
await record.sync();
await record.close();
await insertModule(module, { params: 'mode=panic' });
for await (const state of watchTransition(module.name)) console.log(state.kind);
await writeFile('/sys/module/klpkit_trap/parameters/armed', '1');
await readFile('/proc/cmdline');
