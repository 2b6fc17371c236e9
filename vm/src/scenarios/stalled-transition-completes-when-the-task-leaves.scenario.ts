import assert from 'node:assert/strict';
import { insertModule, watchTransition } from '@klpkit/kernel';
import { insertPlain, unload } from '../guest/steps.ts';
import { sleepInHost } from '../guest/sleepers.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  series: ['6.1'],
  async run(guest) {
    await insertPlain(guest, 'klpkit_host');
    const sleeper = await sleepInHost(guest);
    await insertModule(await guest.verified('klpkit_stall'));
    guest.defer(() => unload('klpkit_stall'));
    let left = 0;
    let last = '';
    for await (const state of watchTransition('klpkit_stall', { signal: guest.signal })) {
      last = state.kind;
      if (state.kind !== 'patching' || state.elapsedMs < 2_000 || left > 0) continue;
      left = performance.now();
      assert.equal(await sleeper.leave(), 'slow=1\n', 'a task that was inside runs the old code to its end');
    }
    assert.equal(last, 'patched');
    guest.note(`patched ${Math.round(performance.now() - left)} ms after the task left`);
  },
} satisfies GuestScenario;
