import assert from 'node:assert/strict';
import { insertModule } from '@klpkit/kernel';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'own',
  async run(guest) {
    const module = await guest.verified('klpkit_init');
    await assert.rejects(insertModule(module, { params: 'mode=hang', deadlineMs: 20_000 }), {
      name: 'KernelError',
      code: 'INSERTER_HUNG',
    });
    await assert.rejects(insertModule(module, { params: 'mode=errno' }), { code: 'NAME_STUCK' });
  },
} satisfies GuestScenario;
