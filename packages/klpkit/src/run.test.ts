import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { signTestModule, tempFolder, testAuthority, tinyModule } from '@klpkit-internal/testkit';
import { describe, expect, test } from 'vitest';
import { runIn } from './run-in.fixture.ts';

const authority = testAuthority('rsa-2048');
const other = testAuthority('p-256');
const module = tinyModule();
const signed = await signTestModule(module, authority, { hash: 'sha256' });

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Each line of standard output as JSON. */
  readonly json: readonly Record<string, unknown>[];
}

/** Runs the command line in a folder with these files. */
async function klpkit(
  files: Record<string, Uint8Array | string>,
  argv: string[],
  environment: Record<string, string> = {},
): Promise<Outcome & { files: Map<string, Uint8Array> }> {
  await using folder = await tempFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder.path, name), content);
  const { exit: code, out, err, rows: json } = await runIn(folder.path, argv, { environment });
  const left = new Map(
    readdirSync(folder.path).map((name) => [name, new Uint8Array(readFileSync(join(folder.path, name)))]),
  );
  return { code, out, err, json, files: left };
}

const files = {
  's.ko': signed,
  'u.ko': module,
  's.ko.gz': gzipSync(signed),
  'c.pem': authority.certificate,
  'c.der': authority.certificateDer,
  'o.pem': other.certificate,
  'k.pem': authority.key,
  'text.txt': 'hello',
};
const sha256 = createHash('sha256').update(signed).digest('hex');

describe('inspect', () => {
  test('tells what a module is, signed or not, compressed or not', async () => {
    const { code, json } = await klpkit(files, ['inspect', '--json', 's.ko', 'u.ko', 's.ko.gz']);
    expect(code).toBe(0);
    expect(json[0]).toEqual({
      file: 's.ko',
      size: signed.length,
      sha256,
      compression: 'none',
      name: 'livepatch_test',
      vermagic: '6.1.0-56-amd64 SMP preempt mod_unload modversions ',
      arch: 'x86_64',
      license: 'GPL',
      depends: [],
      livepatch: true,
      signature: {
        signers: [
          { issuer: `CN=${authority.name}`, serial: authority.serial, ski: null, digest: 'sha256', algorithm: 'rsa' },
        ],
      },
      objects: null,
    });
    expect(json[1]).toMatchObject({ file: 'u.ko', signature: null });
    expect(json[2]).toMatchObject({ file: 's.ko.gz', compression: 'gzip', name: 'livepatch_test' });
  });

  test('for a person in words', async () => {
    const { out, err } = await klpkit(files, ['inspect', 's.ko']);
    expect(out).toContain('livepatch_test (livepatch)');
    expect(err).toBe('');
  });

  test('says what cannot be read and goes on', async () => {
    const { code, json } = await klpkit(files, ['inspect', '--json', 'text.txt', 'absent.ko', '.', 'u.ko']);
    expect(code).toBe(2);
    expect(json.map((line) => line['code'] ?? line['name'])).toEqual([
      'MALFORMED_MODULE',
      'IO',
      'IO',
      'livepatch_test',
    ]);
  });
});

describe('verify', () => {
  const verify = (...argv: string[]): ReturnType<typeof klpkit> => klpkit(files, ['verify', '--json', ...argv]);

  test('says yes', async () => {
    for (const cert of ['c.pem', 'c.der']) {
      const { code, json } = await verify(
        's.ko',
        '--cert',
        'o.pem',
        '--cert',
        cert,
        '--livepatch',
        '--kernel',
        '6.1.0-56-amd64',
        '--sha256',
        sha256.toUpperCase(),
      );
      expect(json).toEqual([
        {
          file: 's.ko',
          ok: true,
          name: 'livepatch_test',
          livepatch: true,
          sha256,
          signer: `CN=${authority.name}`,
          algorithm: 'rsa-2048/sha256',
          compression: 'none',
        },
      ]);
      expect(code).toBe(0);
    }
  });

  test('says no with a code and the next step', async () => {
    const { code, json } = await verify('u.ko', 's.ko', 's.ko.gz', '--cert', 'o.pem');
    expect(code).toBe(1);
    expect(json.map((line) => [line['ok'], line['code']])).toEqual([
      [false, 'UNSIGNED'],
      [false, 'UNTRUSTED_SIGNER'],
      [false, 'UNTRUSTED_SIGNER'],
    ]);
    expect(json[0]?.['message']).toContain('sign it');
  });

  test.each([
    ['DIGEST_MISMATCH', ['s.ko', '--cert', 'c.pem', '--sha256', '0'.repeat(64)]],
    ['WRONG_RELEASE', ['s.ko', '--cert', 'c.pem', '--kernel', '6.1.0-55-amd64']],
    ['NOT_LIVEPATCH', ['plain.ko', '--cert', 'c.pem', '--livepatch']],
    ['REVOKED', ['s.ko', '--cert', 'c.pem', '--revoked', 'revoked.txt']],
    ['REVOKED', ['s.ko', '--cert', 'c.pem', '--revoked', 'c.der']],
  ])('%s is a no', async (expected, argv) => {
    const plain = await signTestModule(tinyModule({ livepatch: false }), authority);
    const more = { ...files, 'plain.ko': plain, 'revoked.txt': `bin:${sha256}\n` };
    const { code, json } = await klpkit(more, ['verify', '--json', ...argv]);
    expect([code, json[0]?.['code']]).toEqual([1, expected]);
  });

  test.each([
    ['USAGE', ['s.ko']],
    ['USAGE', ['--cert', 'c.pem']],
    ['USAGE', ['s.ko', '--cert', 'c.pem', '--sha256', 'abc']],
    ['USAGE', ['s.ko', 'u.ko', '--cert', 'c.pem', '--sha256', sha256]],
    ['USAGE', ['s.ko', '--cert', 'c.pem', '--frobnicate']],
    ['IO', ['s.ko', '--cert', 'absent.pem']],
    ['IO', ['absent.ko', '--cert', 'c.pem']],
    ['MALFORMED_CERTIFICATE', ['s.ko', '--cert', 'text.txt']],
    ['INVALID_OPTION', ['s.ko', '--cert', 'c.pem', '--revoked', 'text.txt']],
  ])('%s is wrong use or unreadable input', async (expected, argv) => {
    const { code, json } = await verify(...argv);
    expect([code, json[0]?.['ok'], json[0]?.['code']]).toEqual([2, false, expected]);
  });
});

describe('sign', () => {
  const sign = (...argv: string[]): ReturnType<typeof klpkit> =>
    klpkit(files, ['sign', '--json', '--key', 'k.pem', '--cert', 'c.pem', ...argv]);

  test('makes a module that verifies', async () => {
    const { code, json, files: left } = await sign('u.ko', '--hash', 'sha256', '--out', 'new.ko');
    expect(code).toBe(0);
    expect(json).toEqual([{ ok: true, out: 'new.ko', sha256 }]);
    expect(left.get('new.ko')).toEqual(signed);
  });

  test('does not sign twice, unless it is told to', async () => {
    const first = await sign('s.ko', '--out', 'new.ko');
    expect([first.code, first.json[0]?.['code'], first.files.has('new.ko')]).toEqual([1, 'ALREADY_SIGNED', false]);
    const forced = await sign('s.ko', '--out', 'new.ko', '--force', '--keyid');
    expect(forced.code).toBe(0);
  });

  test.each([
    ['USAGE', ['u.ko']],
    ['USAGE', ['u.ko', '--out', 'x', '--hash', 'md5']],
    ['IO', ['absent.ko', '--out', 'x']],
    ['IO', ['u.ko', '--out', 'absent/x']],
    ['MALFORMED_KEY', ['u.ko', '--out', 'x', '--key', 'c.pem']],
    ['MALFORMED_KEY', ['u.ko', '--out', 'x', '--cert', 'o.pem']],
    ['INVALID_OPTION', ['s.ko.gz', '--out', 'x']],
  ])('%s', async (expected, argv) => {
    const { code, json, files: left } = await sign(...argv);
    expect([code, json[0]?.['ok'], json[0]?.['code']]).toEqual([2, false, expected]);
    expect([...left.keys()].toSorted()).toEqual(Object.keys(files).toSorted());
  });
});

describe('the command line', () => {
  test.each([[[]], [['frobnicate']], [['--json']]])('without a command it knows: %j', async (argv) => {
    const { code, out, err } = await klpkit({}, argv);
    expect(code).toBe(2);
    expect(out + err).toContain('USAGE');
  });

  test('help is an answer', async () => {
    const { code, out } = await klpkit({}, ['--help']);
    expect(code).toBe(0);
    expect(out).toContain('inspect');
  });

  test('as a program: paths are taken from where the user stands', async () => {
    await using folder = await tempFolder();
    writeFileSync(join(folder.path, 'u.ko'), module);
    const main = new URL('./main.ts', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@klpkit/source', main, 'inspect', '--json', 'u.ko'],
      {
        cwd: '/',
        env: { ...process.env, INIT_CWD: folder.path },
      },
    );
    expect(JSON.parse(stdout)).toMatchObject({ file: 'u.ko', name: 'livepatch_test' });
  });
});
