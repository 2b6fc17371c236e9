import assert from 'node:assert/strict';
import { forceAcceptance, forceTransition, insertModule, watchTransition } from '@klpkit/kernel';
import { insertPlain, settle, unload } from '../guest/steps.ts';
import { sleepInHost } from '../guest/sleepers.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  async run(guest) {
    await insertPlain(guest, 'klpkit_host');
    const sleeper = await sleepInHost(guest);
    await insertModule(await guest.verified('klpkit_stall'));
    guest.defer(() => unload('klpkit_stall'));
    for await (const state of watchTransition('klpkit_stall', { signal: guest.signal })) {
      if (state.kind === 'patching' && state.elapsedMs >= 2_000) break;
    }
    const without = forceTransition('klpkit_stall', { acceptsReboot: 'yes' as typeof forceAcceptance });
    await assert.rejects(without, { code: 'INVALID_ARGUMENT' });
    const startedAt = performance.now();
    await forceTransition('klpkit_stall', { acceptsReboot: forceAcceptance });
    assert.equal((await settle(guest, 'klpkit_stall')).kind, 'patched');
    guest.note(`patched ${Math.round(performance.now() - startedAt)} ms after the force`);
    await sleeper.leave();
  },
} satisfies GuestScenario;
