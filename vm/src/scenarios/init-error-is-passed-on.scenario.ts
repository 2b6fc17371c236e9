import assert from 'node:assert/strict';
import { insertModule } from '@klpkit/kernel';
import { settle } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  series: ['6.1'],
  async run(guest) {
    const module = await guest.verified('klpkit_init');
    for (const [number, errno] of [
      [19, 'ENODEV'],
      [5, 'EIO'],
    ] as const) {
      await assert.rejects(insertModule(module, { params: `mode=errno error=${number}` }), {
        name: 'KernelError',
        code: 'REJECTED',
        errno,
      });
    }
    assert.equal((await settle(guest, 'klpkit_init')).kind, 'absent');
  },
} satisfies GuestScenario;
