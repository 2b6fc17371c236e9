import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tempFolder } from '@klpkit-internal/testkit';
import { describe, expect, it } from 'vitest';
import { type RunOutcome, runIn } from '../run-in.fixture.ts';

const warn = [
  '4,812,8000000,-;------------[ cut here ]------------',
  '4,813,8000001,-;WARNING: CPU: 0 PID: 134 at fs/proc/cmdline.c:12 fixed_show+0x8f/0xcb [livepatch_fix]',
  '4,814,8000002,-;Modules linked in: livepatch_fix(OEK) virtio_blk',
  '4,815,8000003,-;---[ end trace 0000000000000000 ]---',
].join('\n');
const files: Readonly<Record<string, string>> = {
  'bad.log': warn,
  'good.log': '[    1.000000] usb 1-1: new high-speed USB device number 2\n',
  'segfault.log': '[    1.000000] app[7]: segfault at 0 ip 0 sp 0 error 4\n',
  'empty.log': '',
};

async function scan(...words: string[]): Promise<RunOutcome> {
  await using folder = await tempFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
  mkdirSync(join(folder.path, 'folder'));
  return await runIn(folder.path, ['scan', ...words]); // the folder lives until it is read
}

describe('klpkit scan', () => {
  it('gives a line an incident and exits 1', async () => {
    const { exit, rows, err } = await scan('bad.log', 'good.log', '--json');
    expect(exit).toBe(1);
    expect(err).toBe('');
    expect(rows).toMatchObject([
      {
        file: 'bad.log',
        kind: 'warning',
        title: 'WARNING in fixed_show',
        attribution: 'strong',
        module: 'livepatch_fix',
        seq: 812,
        rule: 'warn',
      },
    ]);
  });

  it('says it in words', async () => {
    const { out } = await scan('bad.log');
    expect(out).toBe('bad.log: warning: WARNING in fixed_show (record 812), strongly attributed to livepatch_fix\n');
  });

  it.each(['good.log', 'empty.log', 'segfault.log'])('nothing in %s: exit 0, no line', async (file) => {
    expect(await scan(file, '--json')).toMatchObject({ exit: 0, rows: [] });
    expect((await scan(file)).err).toContain(file);
  });

  it('external trouble with --all only, and exit 0', async () => {
    expect(await scan('segfault.log', '--all', '--json')).toMatchObject({
      exit: 0,
      rows: [{ kind: 'external', attribution: 'none', seq: null }],
    });
  });

  it('--module attributes and filters nothing', async () => {
    expect(await scan('bad.log', '--module', 'livepatch_other', '--json')).toMatchObject({
      exit: 1,
      rows: [{ attribution: 'none', module: null }],
    });
  });

  it('--format kmsg hears no text, dmesg no record', async () => {
    expect((await scan('bad.log', '--format', 'kmsg', '--json')).exit).toBe(1);
    expect((await scan('bad.log', '--format', 'dmesg', '--json')).exit).toBe(0);
  });

  it.each([['missing.log'], ['folder']])('%s cannot be read: IO, exit 2, the others are read', async (file) => {
    const { exit, rows } = await scan(file, 'bad.log', '--json');
    expect(exit).toBe(2);
    expect(rows).toMatchObject([
      { file, ok: false, code: 'IO' },
      { file: 'bad.log', kind: 'warning' },
    ]);
  });

  it.each([
    ['--format', 'xml'],
    ['--module', 'a b'],
    ['--unknown', 'x'],
  ])('%s %s is wrong use', async (...words) => {
    const { exit, rows } = await scan('bad.log', ...words, '--json');
    expect(exit).toBe(2);
    expect(rows).toMatchObject([{ ok: false, code: 'USAGE' }]);
  });

  it('reads standard input', async () => {
    const main = fileURLToPath(new URL('../main.ts', import.meta.url));
    for (const words of [['-'], []]) {
      const { promise, resolve } = Promise.withResolvers<{ code: unknown; stdout: string }>();
      const argv = ['--conditions=@klpkit/source', main, 'scan', ...words, '--json'];
      const child = execFile(process.execPath, argv, (error, stdout) => resolve({ code: error?.code ?? 0, stdout }));
      child.stdin?.end(warn);
      const { code, stdout } = await promise;
      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({ file: '-', rule: 'warn' });
    }
  });
});
