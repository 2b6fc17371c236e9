import assert from 'node:assert/strict';
import { readKernelInfo } from '@klpkit/kernel';
import { apply, rawInsert } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'lockdown',
  async run(guest) {
    assert.equal((await readKernelInfo()).lockdown, 'integrity');
    for (const signing of ['unsigned', 'untrusted'] as const) {
      const { errno, lines } = await rawInsert(await guest.module('klpkit_cmdline_1', signing));
      assert.equal(errno, 'EPERM');
      assert.match(lines.join('\n'), /Lockdown: .*unsigned module loading is restricted/);
    }
    assert.equal((await apply(guest, 'klpkit_cmdline_1')).kind, 'patched');
  },
} satisfies GuestScenario;
