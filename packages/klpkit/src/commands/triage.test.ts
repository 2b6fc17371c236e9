import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tempFolder } from '@klpkit-internal/testkit';
import { describe, expect, it } from 'vitest';
import { runIn } from '../run-in.fixture.ts';

const vectors = fileURLToPath(new URL('../../../../vectors/triage/', import.meta.url));

interface Row {
  readonly cve?: string;
  readonly file?: string;
  readonly ok?: false;
  readonly code?: string;
  readonly message?: string;
  readonly priority?: string;
  readonly eligible?: boolean;
  readonly reason?: string | null;
  readonly effort?: string;
  readonly deadline?: number | null;
}

async function triage(
  files: Readonly<Record<string, string>>,
  ...words: string[]
): Promise<{ exit: number; out: string; err: string; rows: Row[] }> {
  await using folder = await tempFolder();
  for (const name of readdirSync(vectors)) copyFileSync(join(vectors, name), join(folder.path, name));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, name), text);
  if (words.includes('--git')) {
    const git = (...args: string[]): string =>
      execFileSync('git', ['-C', folder.path, '-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], {
        encoding: 'utf8',
      });
    git('init', '-q');
    for (const text of ['int f(void)\n{\n\treturn 0;\n}\n', 'int f(void)\n{\n\treturn 1;\n}\n']) {
      writeFileSync(join(folder.path, 'x.c'), text);
      git('add', 'x.c');
      git('commit', '-q', '-m', 'x');
    }
    const record = JSON.parse(execFileSync('cat', [join(vectors, 'CVE-2024-1086.json')], { encoding: 'utf8' })) as {
      containers: { cna: { references: { url: string }[] } };
    };
    record.containers.cna.references = [{ url: `https://git.kernel.org/stable/c/${git('rev-parse', 'HEAD').trim()}` }];
    writeFileSync(join(folder.path, 'here.json'), JSON.stringify(record));
  }
  const outcome = await runIn(folder.path, ['triage', ...words]);
  return { ...outcome, rows: outcome.rows as unknown as Row[] };
}

describe('klpkit triage', () => {
  it('gives a line a CVE in the order of work', async () => {
    const files = [
      'CVE-2025-21905.json',
      'CVE-2024-1086.json',
      'CVE-2024-26925.json',
      'ubuntu-api.json',
      'fix-easy.patch',
      'CVE-2023-00000-rejected.json',
    ];
    const { exit, rows } = await triage({}, ...files, '--kernel', '6.6.20', '--json');
    expect(exit).toBe(0);
    expect(rows).toMatchObject([
      {
        cve: 'CVE-2024-26925',
        file: 'CVE-2024-26925.json',
        priority: 'high',
        eligible: true,
        reason: null,
        effort: 'easy',
      },
      { cve: 'CVE-2024-1086', priority: 'high', eligible: true, effort: 'unknown' },
      { cve: 'CVE-2025-21905', priority: 'high', eligible: true, effort: 'unknown' },
      { cve: 'CVE-2023-00000', eligible: false, reason: 'rejected', deadline: null },
    ]);
    expect(rows[0]?.deadline).toBe(Date.parse('2024-05-08T21:49:23.251Z'));
  });

  it('asks for the upstream version where the release does not tell', async () => {
    const before = await triage({}, 'CVE-2025-21905.json', '--kernel', '6.1.0-56-amd64', '--json');
    expect(before.rows).toMatchObject([{ eligible: true, affected: { status: 'unknown' } }]);
    const after = await triage(
      {},
      'CVE-2025-21905.json',
      '--kernel',
      '6.1.0-56-amd64',
      '--kernel-version',
      '6.1.192',
      '--json',
    );
    expect(after.rows).toMatchObject([{ eligible: false, reason: 'not-affected' }]);
  });

  it('takes a configuration, lists of modules and a policy', async () => {
    const config = { config: '# CONFIG_NF_TABLES is not set\n' };
    expect(
      (await triage(config, 'CVE-2024-26925.json', '--kernel', '6.6.20', '--config', 'config', '--json')).rows,
    ).toMatchObject([{ reason: 'config-not-built' }]);
    const modules = { built: 'kernel/fs/ext4/ext4.ko\n' };
    expect(
      (await triage(modules, 'CVE-2024-26925.json', '--kernel', '6.6.20', '--modules', 'built', '--json')).rows,
    ).toMatchObject([{ reason: 'config-not-built' }]);
    const policy = {
      'policy.json': JSON.stringify({
        overrides: [{ cve: 'CVE-2024-26925', priority: 'critical', by: 'Ada', reason: 'exploited' }],
        kernels: { '6.1.0-20-amd64': { version: '6.1.85' } },
      }),
    };
    const { rows } = await triage(
      policy,
      'CVE-2024-26925.json',
      '--kernel',
      '6.1.0-20-amd64',
      '--policy',
      'policy.json',
      '--json',
    );
    expect(rows).toMatchObject([{ priority: 'critical', eligible: true, basis: { kind: 'override', by: 'Ada' } }]);
  });

  it('takes fixes by name, by commit, by option and out of a checkout', async () => {
    const work = (...words: string[]) =>
      triage(
        { 'CVE-2024-1086.patch': '--- a/x.S\n+++ b/x.S\n@@ -1 +1 @@\n-a\n+b\n' },
        ...words,
        '--kernel',
        '6.6.20',
        '--json',
      );
    expect((await work('CVE-2024-1086.json', 'CVE-2024-1086.patch')).rows).toMatchObject([
      { effort: 'impossible', reason: 'cannot-be-livepatched' },
    ]);
    expect((await work('CVE-2024-1086.json', '--diff', 'CVE-2024-1086=fix-easy.patch')).rows).toMatchObject([
      { effort: 'easy' },
    ]);
    expect((await work('CVE-2024-1086.json', 'fix-easy.patch')).rows).toMatchObject([{ ok: false, code: 'IO' }]);
    expect((await work('here.json', '--git', '.')).rows).toMatchObject([
      { effort: 'easy', estimate: { functions: ['x.c:f'] } },
    ]);
    expect((await work('CVE-2024-1086.json', '--git', '.')).rows).toMatchObject([{ effort: 'unknown' }]);
  });

  it('tells of a file that is refused, with the place, and goes on', async () => {
    const { exit, rows } = await triage(
      { 'bad.json': '{"dataType":"CVE_RECORD"}' },
      'bad.json',
      'none.json',
      'CVE-2024-1086.json',
      '--kernel',
      '6.6.20',
      '--json',
    );
    expect(exit).toBe(2);
    expect(rows).toMatchObject([
      { file: 'bad.json', ok: false, code: 'IO', detail: 'MALFORMED_RECORD' },
      { file: 'none.json', ok: false, code: 'IO' },
      { cve: 'CVE-2024-1086', eligible: true },
    ]);
    expect(rows[0]?.message).toContain('$.cveMetadata');
  });

  it('prints CSV, and a table for people', async () => {
    const csv = await triage({ 'bad.json': '[1]' }, 'CVE-2024-1086.json', 'bad.json', '--kernel', '6.6.20', '--csv');
    expect(csv.out.split('\r\n')).toHaveLength(3);
    expect(csv.out).toMatch(/^cve,priority,eligible,reason,effort,deadline,/);
    expect(csv.err).toContain('UNKNOWN_FORMAT');
    const table = await triage({}, 'CVE-2024-1086.json', 'debian-export.json', '--kernel', '6.6.20');
    expect(table.out).toMatch(/^CVE +PRIORITY/);
    expect(table.exit).toBe(0);
  });

  it.each([
    [['x.json']],
    [['CVE-2024-1086.json', '--kernel', 'not a kernel']],
    [['CVE-2024-1086.json', '--kernel', '6.6.20', '--kernel-version', '6.1.1']],
    [['CVE-2024-1086.json', '--kernel', '6.6.20', '--csv']],
    [['CVE-2024-1086.json', '--kernel', '6.6.20', '--diff', 'fix.patch']],
    [['--kernel', '6.6.20']],
  ])('refuses wrong use: %j', async (words) => {
    expect(await triage({}, ...words, '--json')).toMatchObject({ exit: 2, rows: [{ ok: false, code: 'USAGE' }] });
  });

  it('refuses a policy that is wrong', async () => {
    const { exit, rows } = await triage(
      { 'p.json': '{"eligible":["urgent"]}' },
      'CVE-2024-1086.json',
      '--kernel',
      '6.6.20',
      '--policy',
      'p.json',
      '--json',
    );
    expect(exit).toBe(2);
    expect(rows).toMatchObject([{ ok: false, code: 'IO' }]);
    expect(rows[0]?.message).toContain('$.eligible[0]');
  });
});
