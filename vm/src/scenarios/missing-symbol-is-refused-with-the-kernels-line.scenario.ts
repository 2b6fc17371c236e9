import assert from 'node:assert/strict';
import { insertModule } from '@klpkit/kernel';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  series: ['6.1'],
  async run(guest) {
    await assert.rejects(insertModule(await guest.verified('klpkit_nosym')), {
      name: 'KernelError',
      code: 'REJECTED',
      errno: 'EINVAL',
      kernelLine: "livepatch: symbol 'klpkit_no_such_function' not found in symbol table",
    });
  },
} satisfies GuestScenario;
