import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { insertModule } from '@klpkit/kernel';
import { apply } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

const setting = '/proc/sys/kernel/ftrace_enabled';

export default {
  where: 'guest',
  boot: 'enforcing',
  async run(guest) {
    await writeFile(setting, '0');
    guest.defer(() => writeFile(setting, '1'));
    const refused = insertModule(await guest.verified('klpkit_cmdline_1'));
    await assert.rejects(refused, (error: { code: string; errno: string; kernelLine: string }) => {
      assert.deepEqual([error.code, error.errno], ['BUSY', 'EBUSY']);
      assert.match(error.kernelLine, /failed to register ftrace handler/);
      return true;
    });
    await writeFile(setting, '1');
    assert.equal((await apply(guest, 'klpkit_cmdline_1')).kind, 'patched');
    await assert.rejects(writeFile(setting, '0'), { code: 'EBUSY' }, 'cannot be switched off under a patch');
  },
} satisfies GuestScenario;
