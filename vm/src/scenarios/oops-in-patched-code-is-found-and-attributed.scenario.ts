import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { lastLogSequence, readCounters } from '@klpkit/kernel';
import { apply, incidentsSince } from '../guest/steps.ts';
import { armTrap } from '../guest/trap.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'faults',
  async run(guest) {
    const before = await readCounters();
    const seq = await lastLogSequence();
    await apply(guest, 'klpkit_trap', { params: 'mode=oops' });
    assert.deepEqual(await incidentsSince(seq, 'klpkit_trap'), []);
    await armTrap(guest);
    const reader = spawnSync('cat', ['/proc/cmdline']);
    assert.equal(reader.signal, 'SIGKILL', 'the kernel kills the task that oopsed');
    const [incident, ...more] = await incidentsSince(seq, 'klpkit_trap');
    assert.deepEqual(
      [incident?.kind, incident?.attribution, incident?.module, incident?.trusted],
      ['fault', 'strong', 'klpkit_trap', true],
    );
    assert.deepEqual(more, []);
    const after = await readCounters();
    assert.equal(after.oops, (before.oops ?? 0) + 1);
    guest.note(incident?.title ?? '');
  },
} satisfies GuestScenario;
