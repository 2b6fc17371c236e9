import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { insertModule } from '@klpkit/kernel';
import { parseTrust, verifyModule } from '@klpkit/payload';
import { rawInsert, settle, unload } from '../guest/steps.ts';
import { addCertificate } from '../guest/syscalls.ts';
import type { GuestScenario } from '../scenario.ts';

/** A keyring's number, as /proc/keys has it. */
async function keyring(name: string): Promise<number> {
  const line = (await readFile('/proc/keys', 'latin1')).split('\n').find((text) => text.includes(` ${name}: `));
  return Number.parseInt(line ?? '', 16);
}

export default {
  where: 'guest',
  boot: 'enforcing',
  series: ['6.12'], // its own key is ECDSA; 6.1 verifies RSA anyway
  async run(guest) {
    const certificate = (name: string): Promise<Uint8Array> => readFile(`/lab/${name}.der`);
    const [trusted, secondary] = [await certificate('trusted'), await certificate('secondary')];
    const untrusted = await certificate('untrusted');
    const bytes = await guest.module('klpkit_cmdline_1', 'secondary');
    assert.equal((await rawInsert(bytes)).errno, 'EKEYREJECTED');
    const ring = await keyring('.secondary_trusted_keys');
    assert.throws(() => addCertificate(untrusted, ring), { code: 'ENOKEY' }, 'nobody vouches for it');
    addCertificate(secondary, ring);
    // Ours trusts what it is told to, and no chain that it was not shown.
    const narrow = await parseTrust({ certificates: [trusted] });
    await assert.rejects(verifyModule(bytes, { trust: narrow, sha256: null }), { code: 'UNTRUSTED_SIGNER' });
    const wide = await parseTrust({ certificates: [trusted, secondary] });
    const module = await verifyModule(bytes, { trust: wide, sha256: null });
    await insertModule(module);
    guest.defer(() => unload(module.name));
    assert.equal((await settle(guest, module.name)).kind, 'patched');
    guest.note(module.signer.subject);
  },
} satisfies GuestScenario;
