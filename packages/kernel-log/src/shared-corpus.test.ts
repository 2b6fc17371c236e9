import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sharedDir } from '@klpkit-internal/testkit';
import { describe, expect, it } from 'vitest';
import type { Incident } from './incident.ts';
import { scanKernelText } from './scan.ts';

async function collect(source: AsyncIterable<Incident>): Promise<Incident[]> {
  const found: Incident[] = [];
  for await (const incident of source) found.push(incident);
  return found;
}

interface Report {
  readonly id: string;
  readonly title?: string;
  readonly type?: string;
  readonly log: string;
}

const shared = sharedDir();
const scan = (log: string): Promise<Incident[]> => collect(scanKernelText([log]));
const corpus = (name: string): Report[] =>
  readFileSync(join(shared ?? '', 'corpus', name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Report);

/** The fuzzer's own domain: its restarts, leaks found by a scan of all memory, panics of programs written in Go. */
const outOfScope = new Set(['SYZ_FAILURE', 'REBOOT', 'LEAK']);

describe.skipIf(shared === undefined)('real crash reports (skipped: the shared corpus is not on this machine)', () => {
  it('an incident in every titled report, none in the others', async () => {
    const wrong: string[] = [];
    let titled = 0;
    let equal = 0;
    for (const report of corpus('syzkaller.jsonl')) {
      if (outOfScope.has(report.type ?? '')) continue;
      const found = await scan(report.log);
      const expected = report.title !== '';
      if (expected !== found.length > 0) wrong.push(`${report.id}: ${report.title ?? ''} | ${found[0]?.title ?? '-'}`);
      if (!expected) continue;
      titled++;
      if (found[0]?.title === report.title?.replace(/ in corrupted$/, '')) equal++;
    }
    process.stdout.write(`titles equal to the corpus: ${equal} of ${titled}\n`);
    expect(wrong).toEqual([]);
  });

  it('none in what is harmless', async () => {
    for (const report of corpus('benign.jsonl')) expect([report.id, await scan(report.log)]).toEqual([report.id, []]);
  });

  it('a crash while kpatch loads its module', async () => {
    const [report] = corpus('livepatch_crash.jsonl');
    expect(await scan(report?.log ?? '')).toMatchObject([
      { attribution: 'weak', evidence: 'loading', module: 'kpatch_new' },
    ]);
  });
});

describe.skipIf(shared === undefined)(
  'crashes of test livepatches in a VM (skipped: the shared logs are not on this machine)',
  () => {
    const folder = join(shared ?? '', 'vm-lab', 'dmesg');
    const files = shared === undefined ? [] : (readdirSync(folder, { recursive: true }) as string[]).toSorted();
    /** The module that a scenario's name stands for, and how surely its first crash names it. */
    const expected: readonly [RegExp, string, Incident['attribution']][] = [
      [/trap-(?:oops|warn|hang)/, 'lp_trap', 'strong'],
      [/trap-panic/, 'lp_trap', 'medium'],
      [/init-oops/, 'lp_panic', 'strong'],
      [/crash-|pstore-/, 'lp_panic', 'medium'],
    ];

    it.each(files.filter((file) => /\.(?:log|txt)$/.test(file)).map((file) => [file]))('%s', async (file) => {
      const log = readFileSync(join(folder, file), 'utf8');
      const found = await scan(log);
      const [, module, attribution] = expected.find(([name]) => name.test(file)) ?? [];
      if (module !== undefined) expect(found[0]).toMatchObject({ module, attribution });
      const own = new Set(['lp_trap', 'lp_panic', 'lp_cmdline1', null]);
      expect(found.filter((incident) => !own.has(incident.module))).toEqual([]);
      for (const incident of found) {
        if (incident.trace.some((frame) => frame.includes('[lp_')))
          expect(incident.attribution).toMatch(/strong|medium/);
      }
    });
  },
);
