import assert from 'node:assert/strict';
import { removeModule } from '@klpkit/kernel';
import { apply, cmdline } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  series: ['6.1'],
  async run(guest) {
    await apply(guest, 'klpkit_cmdline_1');
    await assert.rejects(removeModule('klpkit_cmdline_1'), { name: 'KernelError', code: 'BUSY' });
    assert.equal(await cmdline(), 'KLPKIT-MARKER-1');
  },
} satisfies GuestScenario;
