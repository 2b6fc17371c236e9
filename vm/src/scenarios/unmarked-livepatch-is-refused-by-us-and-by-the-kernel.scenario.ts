import assert from 'node:assert/strict';
import { insertModule } from '@klpkit/kernel';
import { rawInsert } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  series: ['6.1'],
  async run(guest) {
    const module = await guest.verified('klpkit_unmarked');
    assert.equal(module.livepatch, false);
    await assert.rejects(insertModule(module), { name: 'KernelError', code: 'NOT_A_LIVEPATCH' });
    const { errno, lines } = await rawInsert(module.toBytes());
    assert.equal(errno, 'EINVAL');
    assert.ok(
      lines.includes('livepatch: module klpkit_unmarked is not marked as a livepatch module'),
      lines.join('\n'),
    );
  },
} satisfies GuestScenario;
