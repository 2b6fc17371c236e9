import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { lastLogSequence } from '@klpkit/kernel';
import { apply } from '../guest/steps.ts';
import { armTrap, disarmTrap, readCmdlineInBackground, waitForIncident } from '../guest/trap.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'faults',
  async run(guest) {
    await writeFile('/proc/sys/kernel/hung_task_timeout_secs', '4');
    const seq = await lastLogSequence();
    await apply(guest, 'klpkit_trap', { params: 'mode=hung' });
    await armTrap(guest);
    const reader = readCmdlineInBackground();
    const incident = await waitForIncident(guest, seq, 'hang');
    await disarmTrap();
    await reader;
    assert.equal(incident.module, 'klpkit_trap');
    assert.ok(['strong', 'medium'].includes(incident.attribution), incident.attribution);
    guest.note(`${incident.title} (${incident.attribution})`);
  },
} satisfies GuestScenario;
