import assert from 'node:assert/strict';
import { verifyModule } from '@klpkit/payload';
import { rawInsert } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  async run(guest) {
    const bytes = await guest.module('klpkit_cmdline_1', 'untrusted');
    await assert.rejects(verifyModule(bytes, { trust: guest.trust, sha256: null }), { code: 'UNTRUSTED_SIGNER' });
    const { errno, lines } = await rawInsert(bytes);
    assert.equal(errno, 'EKEYREJECTED');
    assert.ok(lines.includes('Loading of module with unavailable key is rejected'), lines.join('\n'));
  },
} satisfies GuestScenario;
