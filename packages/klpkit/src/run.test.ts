import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
    expect(json.map((line) => line['code'] ?? line['name'])).toEqual(['IO', 'IO', 'IO', 'livepatch_test']);
    expect(json[0]?.['detail']).toBe('MALFORMED_MODULE');
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
    ['IO', ['s.ko', '--cert', 'text.txt'], 'MALFORMED_CERTIFICATE'],
    ['USAGE', ['s.ko', '--cert', 'c.pem', '--revoked', 'text.txt'], 'INVALID_OPTION'],
  ])('%s is wrong use or unreadable input', async (expected, argv, detail?: string) => {
    const { code, json } = await verify(...argv);
    expect([code, json[0]?.['ok'], json[0]?.['code'], json[0]?.['detail']]).toEqual([2, false, expected, detail]);
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
    ['IO', ['u.ko', '--out', '.']],
    ['IO', ['u.ko', '--out', 'x', '--key', 'c.pem'], 'MALFORMED_KEY'],
    ['IO', ['u.ko', '--out', 'x', '--cert', 'o.pem'], 'MALFORMED_KEY'],
    ['USAGE', ['s.ko.gz', '--out', 'x'], 'INVALID_OPTION'],
  ])('%s', async (expected, argv, detail?: string) => {
    const { code, json, files: left } = await sign(...argv);
    expect([code, json[0]?.['ok'], json[0]?.['code'], json[0]?.['detail']]).toEqual([2, false, expected, detail]);
    expect([...left.keys()].toSorted()).toEqual(Object.keys(files).toSorted());
  });
});

describe('the command line', () => {
  test.each([[[]], [['frobnicate']], [['--json']]])('without a command it knows: %j', async (argv) => {
    const { code, out, err } = await klpkit({}, argv);
    expect(code).toBe(2);
    expect(out + err).toContain('USAGE');
  });

  test.each([[['--json', 'inspect', 'u.ko']], [['inspect', '--json', 'u.ko']], [['inspect', 'u.ko', '--json']]])(
    '--json may stand anywhere: %j',
    async (argv) => {
      const { code, json } = await klpkit(files, argv);
      expect([code, json[0]?.['name']]).toEqual([0, 'livepatch_test']);
    },
  );

  test('what stands behind -- is a file', async () => {
    const { code, out } = await klpkit({ '--json': module }, ['inspect', '--', '--json']);
    expect([code, out.startsWith('--json\n')]).toEqual([0, true]);
  });

  test.each(['repo', 'blocklist', 'agent'])('%s alone is not a command', async (group) => {
    const { code, json } = await klpkit({}, [group, '--json']);
    expect([code, json]).toEqual([
      2,
      [{ ok: false, code: 'USAGE', message: `say which command; see klpkit ${group} --help` }],
    ]);
  });

  test('its version', async () => {
    const { code, out } = await klpkit({}, ['--version']);
    expect([code, /^\d+\.\d+\.\d+\n$/.test(out)]).toEqual([0, true]);
  });

  test('what steers a terminal is shown, not obeyed', async () => {
    const name = 'a\u001b[2Jb.ko';
    const { out } = await klpkit({ [name]: module }, ['inspect', name]);
    expect(out.startsWith('a\\x1b[2Jb.ko\n')).toBe(true);
  });

  test('help is an answer', async () => {
    const { code, out } = await klpkit({}, ['--help']);
    expect(code).toBe(0);
    expect(out).toContain('inspect');
  });
});

describe('as a program', () => {
  const main = new URL('./main.ts', import.meta.url).pathname;
  const shell = async (folder: string, line: string): Promise<Outcome> => {
    const environment = {
      ...process.env,
      INIT_CWD: folder,
      K: `${process.execPath} --conditions=@klpkit/source ${main}`,
    };
    const run = promisify(execFile)('bash', ['-c', line], { cwd: '/', env: environment });
    const {
      code = 0,
      stdout,
      stderr,
    } = (await run.catch((error: { code: number; stdout: string; stderr: string }) => error)) as {
      code?: number;
      stdout: string;
      stderr: string;
    };
    return { code, out: stdout, err: stderr, json: [] };
  };

  test('paths are taken from where the user stands', async () => {
    await using folder = await tempFolder();
    writeFileSync(join(folder.path, 'u.ko'), module);
    const { code, out } = await shell(folder.path, '$K inspect --json u.ko');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ file: 'u.ko', name: 'livepatch_test' });
  });

  test('a reader that has seen enough ends it in silence', async () => {
    await using folder = await tempFolder();
    const line = 'BUG: kernel NULL pointer dereference, address: 0000000000000000\n';
    writeFileSync(join(folder.path, 'long.log'), line.repeat(20_000));
    const { out, err } = await shell(folder.path, '$K scan --json long.log | head -n 1');
    expect(JSON.parse(out)).toMatchObject({ kind: 'fault' });
    expect(err).toBe('');
  });

  test.skipIf(!existsSync('/dev/full'))('an answer that cannot be written is no answer', async () => {
    await using folder = await tempFolder();
    writeFileSync(join(folder.path, 'u.ko'), module);
    const { code, err } = await shell(folder.path, '$K inspect u.ko >/dev/full');
    expect([code, err]).toEqual([2, 'klpkit: standard output: the disk is full [IO]\n']);
  });

  test('a pipe is read and written to as it is', async () => {
    await using folder = await tempFolder();
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder.path, name), content);
    const sign = '$K sign <(cat "$INIT_CWD/u.ko") --key k.pem --cert c.pem --hash sha256 --out /dev/stderr';
    const { code, out, err } = await shell(folder.path, `${sign} 2> >(sha256sum)`);
    expect([code, out.includes(sha256), err]).toEqual([0, true, '']);
  });
});
