import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { settle } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

const program = `
import { insertModule } from '@klpkit/kernel';
import { parseTrust, verifyModule } from '@klpkit/payload';
import { readFileSync } from 'node:fs';
const trust = await parseTrust({ certificates: [readFileSync('/lab/trusted.der')] });
const module = await verifyModule(readFileSync('/lab/modules/trusted/klpkit_cmdline_1.ko'), { trust, sha256: null });
await insertModule(module).catch((error) => console.log(error.code, error.errno));
process.exit(0);
`;

export default {
  where: 'guest',
  boot: 'enforcing',
  series: ['6.1'],
  async run(guest) {
    const args = ['--conditions=@klpkit/source', '--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { uid: 65534, gid: 65534, cwd: '/app/vm' });
    assert.equal(stdout, 'PERMISSION_DENIED EPERM\n');
    assert.equal((await settle(guest, 'klpkit_cmdline_1')).kind, 'absent');
  },
} satisfies GuestScenario;
