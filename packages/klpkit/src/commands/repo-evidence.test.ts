import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signTestModule, type TempFolder, tempFolder, testAuthority, tinyModule } from '@klpkit-internal/testkit';
import { createEvidence, type QualificationReport } from '@klpkit/qualify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runIn } from '../run-in.fixture.ts';

const kernel = '6.1.0-56-amd64';
let temp: TempFolder;
const place = (file: string): string => join(temp.path, file);

/** A key pair on disk: NAME.pem and NAME.pub. Gives the private one. */
async function makeKey(name: string): Promise<string> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await writeFile(place(`${name}.pem`), pem);
  await writeFile(place(`${name}.pub`), pair.publicKey.export({ type: 'spki', format: 'pem' }).toString());
  return pem;
}

/** Evidence of a qualification that ended as told, in FILE. */
async function makeEvidence(file: string, key: string, change: Partial<QualificationReport> = {}): Promise<void> {
  const module = await readFile(place('lp.ko'));
  const sha256 = createHash('sha256').update(module).digest('hex');
  const report: QualificationReport = {
    version: 1,
    verdict: 'pass',
    reasons: [],
    kernel: { release: kernel, arch: 'x86_64', origin: '', sha256: 'ab'.repeat(32) },
    patch: { module: 'lp', sha256, size: module.length },
    startedAt: Date.now() - 60_000,
    finishedAt: Date.now() - 30_000,
    load: { verdict: 'pass', reasons: [], accelerator: 'tcg', durationMs: 30_000, steps: [], console: '' },
    regression: null,
    ...change,
  };
  await writeFile(place(file), createEvidence(report, { key }));
}

async function klpkit(...words: string[]): Promise<{ readonly exit: number; readonly json: Record<string, unknown> }> {
  const { exit, rows } = await runIn(temp.path, [...words, '--json']);
  expect(rows).toHaveLength(1);
  return { exit, json: rows[0] ?? {} };
}
const add = (version: string, ...more: string[]) =>
  klpkit('repo', 'add', 'r', 'lp.ko', '--keys', 'k', '--cert', 'cert.pem', '--release', `lp-${version}`, ...more);

beforeEach(async () => {
  temp = await tempFolder();
  const authority = testAuthority('rsa-2048');
  await writeFile(place('cert.pem'), authority.certificate);
  await writeFile(place('lp.ko'), await signTestModule(tinyModule({ name: 'lp', release: kernel }), authority));
  await klpkit('repo', 'init', 'r', '--keys', 'k');
}, 120_000);
afterEach(() => temp[Symbol.asyncDispose]());

test('evidence is verified before a release is published, and its digest is the release’s', {
  timeout: 120_000,
}, async () => {
  const key = await makeKey('qualifier');
  await makeEvidence('good.json', key);
  await makeEvidence('failed.json', key, { verdict: 'fail', reasons: [] });
  const other = { release: '6.1.0-57-amd64', arch: 'x86_64', origin: '', sha256: 'ab'.repeat(32) };
  await makeEvidence('elsewhere.json', key, { kernel: other });
  await makeKey('stranger');
  for (const [file, signer, code] of [
    ['failed.json', 'qualifier', 'NOT_QUALIFIED'],
    ['elsewhere.json', 'qualifier', 'WRONG_KERNEL'],
    ['good.json', 'stranger', 'UNTRUSTED_EVIDENCE'],
    ['lp.ko', 'qualifier', 'MALFORMED_EVIDENCE'],
  ] as const) {
    const refused = await add('1', '--evidence', file, '--evidence-key', `${signer}.pub`);
    expect(refused).toMatchObject({ exit: 1, json: { ok: false, code: 'REFUSED_RELEASE' } });
    expect(refused.json.message).toContain(`[${code}]`);
  }
  const evidence = createHash('sha256')
    .update(await readFile(place('good.json')))
    .digest('hex');
  const added = await add('1', '--evidence', 'good.json', '--evidence-key', 'qualifier.pub');
  expect(added).toMatchObject({ exit: 0, json: { ok: true, release: { evidence } } });
});

test('a repository that demands evidence takes no release without, whatever the command line says', {
  timeout: 120_000,
}, async () => {
  const key = await makeKey('qualifier');
  const strange = await makeKey('stranger');
  await makeEvidence('good.json', key);
  await makeEvidence('forged.json', strange);
  const set = await klpkit(
    'repo',
    'policy',
    'r',
    '--keys',
    'k',
    '--require-evidence',
    '--evidence-key',
    'qualifier.pub',
  );
  expect(set).toMatchObject({ exit: 0, json: { ok: true, policy: { requireEvidence: true } } });
  for (const words of [
    [],
    ['--evidence', 'forged.json'],
    ['--evidence', 'forged.json', '--evidence-key', 'stranger.pub'],
  ]) {
    expect(await add('1', ...words)).toMatchObject({ exit: 1, json: { ok: false, code: 'REFUSED_RELEASE' } });
  }
  expect(await add('1', '--evidence', 'good.json')).toMatchObject({ exit: 0, json: { ok: true } });
  expect((await klpkit('repo', 'policy', 'r', '--keys', 'k', '--freely')).exit).toBe(0);
  expect(await add('2')).toMatchObject({ exit: 0, json: { release: { evidence: null } } });
});

test('the CVEs of the work queue that a patch was made from go on into its release', { timeout: 120_000 }, async () => {
  const queue = [
    { cve: 'CVE-2024-1086', eligible: true },
    { cve: 'CVE-2024-26925', eligible: false, reason: 'below-the-line' },
    { cve: 'CVE-2025-21905', eligible: true },
  ];
  await writeFile(place('queue.jsonl'), queue.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  const added = await add('1', '--fixes', 'CVE-2024-6197', '--fixes-from', 'queue.jsonl');
  expect(added.json).toMatchObject({ release: { fixes: ['CVE-2024-6197', 'CVE-2024-1086', 'CVE-2025-21905'] } });
  await writeFile(place('none.jsonl'), `${JSON.stringify(queue[1])}\n`);
  await writeFile(place('other.jsonl'), '{}\n');
  for (const file of ['none.jsonl', 'other.jsonl', 'cert.pem'])
    expect(await add('2', '--fixes-from', file)).toMatchObject({ exit: 2, json: { ok: false, code: 'IO' } });
});

test.each([
  [['--require-evidence']],
  [['--freely', '--require-evidence', '--evidence-key', 'qualifier.pub']],
  [['--freely', '--evidence-key', 'qualifier.pub']],
  [['--require-evidence', '--evidence-key', 'qualifier.pem']],
  [[]],
])('a policy that says nothing clear is wrong use: %j', { timeout: 120_000 }, async (words) => {
  await makeKey('qualifier');
  expect(await klpkit('repo', 'policy', 'r', '--keys', 'k', ...words)).toMatchObject({
    exit: 2,
    json: { code: 'USAGE' },
  });
});
