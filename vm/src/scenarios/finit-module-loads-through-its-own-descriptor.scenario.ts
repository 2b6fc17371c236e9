import assert from 'node:assert/strict';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInserter, insertModule } from '@klpkit/kernel';
import { cmdline, settle, unload } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  async run(guest) {
    const folder = await mkdtemp(join(tmpdir(), 'private-'));
    const module = await guest.verified('klpkit_cmdline_1');
    await insertModule(module, { loader: createInserter({ method: { kind: 'finit_module', folder } }) });
    guest.defer(() => unload(module.name));
    const state = await settle(guest, module.name);
    assert.equal(state.kind, 'patched');
    assert.equal(await cmdline(), 'KLPKIT-MARKER-1');
    assert.deepEqual(await readdir(folder), []);
  },
} satisfies GuestScenario;
