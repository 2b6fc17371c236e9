import assert from 'node:assert/strict';
import { insertModule, lastLogSequence } from '@klpkit/kernel';
import { kernelLines, settle, unload } from '../guest/steps.ts';
import { sleepInPause } from '../guest/sleepers.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  async run(guest) {
    const sleeper = await sleepInPause(guest);
    const seq = await lastLogSequence();
    const startedAt = performance.now();
    await insertModule(await guest.verified('klpkit_pause'));
    guest.defer(() => unload('klpkit_pause'));
    assert.equal((await settle(guest, 'klpkit_pause')).kind, 'patched');
    guest.note(`patched after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    assert.ok((await kernelLines(seq)).includes('livepatch: signaling remaining tasks'));
    assert.ok(await sleeper.stillSleeps(), 'the task notices nothing');
  },
} satisfies GuestScenario;
