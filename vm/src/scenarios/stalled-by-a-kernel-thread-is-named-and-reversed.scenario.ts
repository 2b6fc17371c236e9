import assert from 'node:assert/strict';
import { insertModule, reverseTransition, watchTransition } from '@klpkit/kernel';
import { insertPlain, settle, unload } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  async run(guest) {
    await insertPlain(guest, 'klpkit_host', 'kthread=1');
    await insertModule(await guest.verified('klpkit_stall'));
    guest.defer(() => unload('klpkit_stall'));
    for await (const state of watchTransition('klpkit_stall', { signal: guest.signal })) {
      assert.equal(state.kind, 'patching');
      if (state.kind !== 'patching' || !state.examined || state.elapsedMs < 3_000) continue;
      assert.deepEqual(
        state.blockedTasks.map(({ comm }) => comm),
        ['klpkit_worker'],
      );
      break;
    }
    await reverseTransition('klpkit_stall');
    assert.equal((await settle(guest, 'klpkit_stall')).kind, 'unpatched');
  },
} satisfies GuestScenario;
