import assert from 'node:assert/strict';
import { verifyModule } from '@klpkit/payload';
import { rawInsert } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  async run(guest) {
    const bytes = Buffer.from(await guest.module('klpkit_cmdline_1'));
    const at = bytes.indexOf('KLPKIT-MARKER-1');
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    await assert.rejects(verifyModule(bytes, { trust: guest.trust, sha256: null }), { code: 'BAD_SIGNATURE' });
    const { errno, lines } = await rawInsert(bytes);
    assert.equal(errno, 'EKEYREJECTED');
    assert.deepEqual(lines, []);
  },
} satisfies GuestScenario;
