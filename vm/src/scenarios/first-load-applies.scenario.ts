import assert from 'node:assert/strict';
import { insertModule, watchTransition } from '@klpkit/kernel';
import { cmdline, unload } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  async run(guest) {
    assert.doesNotMatch(await cmdline(), /KLPKIT/);
    const module = await guest.verified('klpkit_cmdline_1');
    const startedAt = performance.now();
    await insertModule(module);
    guest.defer(() => unload(module.name));
    const insertedAt = performance.now();
    const kinds: string[] = [];
    for await (const state of watchTransition(module.name, { signal: guest.signal })) kinds.push(state.kind);
    const patchedAt = performance.now();
    assert.equal(kinds.at(-1), 'patched');
    assert.ok(
      kinds.slice(0, -1).every((kind) => kind === 'patching'),
      `states: ${kinds.join(' ')}`,
    );
    assert.equal(await cmdline(), 'KLPKIT-MARKER-1');
    guest.note(
      `insert ${Math.round(insertedAt - startedAt)} ms, then ${Math.round(patchedAt - insertedAt)} ms to patched`,
    );
  },
} satisfies GuestScenario;
