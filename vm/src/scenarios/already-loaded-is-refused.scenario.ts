import assert from 'node:assert/strict';
import { insertModule } from '@klpkit/kernel';
import { apply } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  series: ['6.1'],
  async run(guest) {
    await apply(guest, 'klpkit_cmdline_1');
    const again = insertModule(await guest.verified('klpkit_cmdline_1'));
    await assert.rejects(again, { name: 'KernelError', code: 'ALREADY_LOADED', errno: 'EEXIST' });
  },
} satisfies GuestScenario;
