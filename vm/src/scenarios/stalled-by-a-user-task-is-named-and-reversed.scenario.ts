import assert from 'node:assert/strict';
import { insertModule, reverseTransition, watchTransition } from '@klpkit/kernel';
import { insertPlain, rawInsert, settle, unload } from '../guest/steps.ts';
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
    let blocked: string | undefined;
    for await (const state of watchTransition('klpkit_stall', { signal: guest.signal })) {
      assert.equal(state.kind, 'patching');
      if (state.kind !== 'patching' || !state.examined || state.elapsedMs < 3_000) continue;
      const task = state.blockedTasks.find(({ pid }) => pid === sleeper.pid);
      assert.ok(task !== undefined, `blocked: ${JSON.stringify(state.blockedTasks)}`);
      assert.ok(
        task.stack?.some((frame) => frame.includes('klpkit_slow')),
        `stack: ${task.stack?.join(' ')}`,
      );
      blocked = `${task.comm}: ${task.stack?.[0]}`;
      break;
    }
    guest.note(`blocked by ${blocked}`);
    const other = await rawInsert(await guest.module('klpkit_cmdline_1'));
    assert.equal(other.errno, 'EBUSY', 'another livepatch during a transition');
    const startedAt = performance.now();
    await reverseTransition('klpkit_stall');
    assert.equal((await settle(guest, 'klpkit_stall')).kind, 'unpatched');
    guest.note(`reversed in ${Math.round(performance.now() - startedAt)} ms`);
    await sleeper.leave();
  },
} satisfies GuestScenario;
