import assert from 'node:assert/strict';
import { removeModule } from '@klpkit/kernel';
import { rawInsert } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'open',
  series: ['6.1'],
  async run(guest) {
    const bytes = Buffer.from(await guest.module('klpkit_plain', 'unsigned'));
    const magic = `vermagic=${guest.release}`;
    const at = bytes.indexOf(magic);
    assert.ok(at > 0);
    bytes.write('9', at + 'vermagic='.length, 'latin1');
    // MODVERSIONS: the kernel skips the release and compares the checksums of symbols only.
    assert.equal((await rawInsert(bytes)).errno, undefined);
    await removeModule('klpkit_plain');
  },
} satisfies GuestScenario;
