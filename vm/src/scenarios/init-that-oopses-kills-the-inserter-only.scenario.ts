import assert from 'node:assert/strict';
import { insertModule, lastLogSequence, readCounters } from '@klpkit/kernel';
import { apply, cmdline, incidentsSince } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'own',
  async run(guest) {
    const module = await guest.verified('klpkit_init');
    const seq = await lastLogSequence();
    const before = await readCounters();
    const startedAt = performance.now();
    await assert.rejects(insertModule(module, { params: 'mode=oops' }), { name: 'KernelError', code: 'INSERTER_DIED' });
    guest.note(`told after ${Math.round(performance.now() - startedAt)} ms`);
    const incidents = await incidentsSince(seq, 'klpkit_init');
    assert.deepEqual(
      incidents.map(({ kind, attribution, module: name }) => [kind, attribution, name]),
      [['fault', 'strong', 'klpkit_init']],
    );
    assert.equal((await readCounters()).oops, (before.oops ?? 0) + 1);
    // The name is stuck: a second insertion would block in the kernel, so it is not tried.
    await assert.rejects(insertModule(module, { params: 'mode=errno' }), { code: 'NAME_STUCK' });
    assert.equal((await apply(guest, 'klpkit_cmdline_1')).kind, 'patched', 'another livepatch loads still');
    assert.equal(await cmdline(), 'KLPKIT-MARKER-1');
  },
} satisfies GuestScenario;
