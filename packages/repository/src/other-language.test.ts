import { execFileSync, spawnSync } from 'node:child_process';
import { type TempFolder, tempFolder } from '@klpkit-internal/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addRelease, blockRelease, rotateKeys } from './index.ts';
import { makeFixture } from './repository.fixture.ts';

let temp: TempFolder;
beforeEach(async () => {
  temp = await tempFolder();
});
afterEach(() => temp[Symbol.asyncDispose]());

/** Checks canonical JSON and every signature of a repository's metadata with Python's securesystemslib, and prints how many held. */
const script = `
import glob, json, os, sys
from securesystemslib import formats, keys
folder, trusted, held = sys.argv[1], {}, 0
documents = {os.path.basename(f): json.load(open(f)) for f in glob.glob(folder + '/metadata/*.json')}
for document in documents.values():
    signed = document['signed']
    for owner in (signed, signed.get('delegations', {})):
        for keyid, key in owner.get('keys', {}).items():
            trusted[keyid] = dict(key, keyid=keyid)
for name, document in documents.items():
    data = formats.encode_canonical(document['signed']).encode('utf-8')
    assert document['signatures'], name
    for signature in document['signatures']:
        assert keys.verify_signature(trusted[signature['keyid']], signature, data), name
        held += 1
print(held)
`;

/** Whether Debian's library is there; as root with apt it is installed. */
function securesystemslib(): boolean {
  const present = () =>
    spawnSync('/usr/bin/python3', ['-c', 'from securesystemslib import formats, keys']).status === 0;
  if (present()) return true;
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return false;
  const install = ['install', '-y', '-qq', '--no-install-recommends', 'python3-securesystemslib', 'python3-nacl'];
  spawnSync('apt-get', install, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  return present();
}

test('another language’s library finds every signature and the canonical JSON right', async ({ skip }) => {
  skip(!securesystemslib(), 'python3-securesystemslib is not here, and cannot be installed');
  const fixture = await makeFixture(temp);
  const init = { name: 'lp', version: '1', fixes: ['CVE-2024-1086'], endOfLife: null, evidence: null };
  await addRelease(await fixture.publisher(), await fixture.module('lp_1'), init, { trust: fixture.trust });
  const entry = { release: 'lp-1', sha256: null, kernels: '*', action: 'disable', reason: 'gate', since: 1 } as const;
  await blockRelease(await fixture.publisher(), { ...entry, evidence: { n: 1000, failed: 30, lnE: 12.5 } });
  await rotateKeys(await fixture.publisher(), fixture.keys);
  const held = Number(execFileSync('/usr/bin/python3', ['-c', script, fixture.folder], { encoding: 'utf8' }));
  expect(held).toBeGreaterThan(140);
}, 120_000);
