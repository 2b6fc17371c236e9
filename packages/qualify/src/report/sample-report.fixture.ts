import type { LoadStep, LoadTestReport } from '../load-report.ts';
import type { QualificationReport } from '../qualification-report.ts';
import { compareRuns } from '../regression/compare-runs.ts';
import type { TestRun, TestStatus } from '../test-result.ts';
import { verdictOf } from '../verdict.ts';

function step(title: string, more: Partial<LoadStep> = {}): LoadStep {
  return {
    kind: 'load',
    title,
    outcome: 'ok',
    durationMs: 1240,
    detail: '',
    incidents: [],
    before: null,
    after: null,
    functions: [],
    work: [],
    ...more,
  };
}

const counters = { tainted: 36_864, oops: 0, warn: 0 };
const functions = [
  { object: 'vmlinux', name: 'tcp_v4_syn_recv_sock', sympos: 0, redirected: true },
  { object: 'nf_tables', name: 'nft_verdict_init', sympos: 1, redirected: true },
];
const work = [{ name: 'tcp connect', rounds: 4212, failures: 0, medianMs: 3.4, called: ['tcp_v4_syn_recv_sock'] }];

function goodLoad(): LoadTestReport {
  const steps = [
    step('boot', { kind: 'boot', durationMs: 8120, detail: 'up with 2 processors' }),
    step('load', { before: counters, after: counters, detail: 'the kernel took the module' }),
    step('functions redirected', { kind: 'redirect', functions, detail: '2 of 2 functions are redirected' }),
    step('load under work', { kind: 'work', durationMs: 12_400, work, before: counters, after: counters }),
    step('unload', { kind: 'unload' }),
    step('replace by the next version', {
      kind: 'replace-next',
      outcome: 'not-run',
      detail: 'no next version was given',
    }),
  ];
  return { verdict: 'pass', reasons: [], accelerator: 'tcg', durationMs: 48_200, steps, console: '' };
}

function run(tests: Readonly<Record<string, TestStatus>>): TestRun {
  const results = Object.entries(tests).map(([name, status]) => {
    const output = status === 'fail' ? `# expected 4, got 5\n# <script>alert(1)</script> & more` : '';
    return { name, status, durationMs: 120, reason: '', output };
  });
  return { format: 'kselftest', results, faults: [], only: null };
}

const program = 'livepatch: test-livepatch.sh';

/** A report of a patch that is good, of one that is bad, or of one that is not known to be either. */
export function sampleReport(kind: 'good' | 'bad' | 'undecided'): QualificationReport {
  const runs = { good: 20, bad: 12, undecided: 3 }[kind];
  const before = Array.from({ length: runs }, (_, index) =>
    run({
      [`${program} > basic function patching`]: 'pass',
      [program]: 'pass',
      'timers: nanosleep': 'pass',
      'timers: rtcpie': index % 4 === 1 ? 'timeout' : 'pass',
    }),
  );
  const after = before.map(({ results }) => {
    const statuses = Object.fromEntries(results.map(({ name, status }) => [name, status]));
    return run(kind === 'bad' ? { ...statuses, [`${program} > basic function patching`]: 'fail' } : statuses);
  });
  const regression = compareRuns(before, after);
  const load = kind === 'bad' ? badLoad() : goodLoad();
  const reasons = [...load.reasons, ...regression.reasons];
  return {
    version: 1,
    verdict: verdictOf(reasons),
    reasons,
    kernel: {
      release: '6.1.0-50-cloud-amd64',
      arch: 'x86_64',
      origin: 'linux-image-6.1.0-50-cloud-amd64 6.1.185-1',
      sha256: 'cd'.repeat(32),
    },
    patch: { module: 'livepatch_cve_2024_1086', sha256: 'ab'.repeat(32), size: 20_480 },
    startedAt: 1_768_036_353_000,
    finishedAt: 1_768_036_553_000,
    load,
    regression,
  };
}

function badLoad(): LoadTestReport {
  const incident = {
    kind: 'fault',
    title: 'BUG: unable to handle kernel NULL pointer dereference in tcp_v4_syn_recv_sock',
    rule: 'null-pointer',
    attribution: 'strong',
    module: 'livepatch_cve_2024_1086',
    seq: 812,
    line: 'BUG: kernel NULL pointer dereference, address: 0000000000000018',
    trace: ['livepatch_tcp_v4_syn_recv_sock+0x1f/0x40 [livepatch_cve_2024_1086]', 'tcp_check_req+0x3c1/0x650'],
  } as const;
  const failed = step('load under work', {
    kind: 'work',
    outcome: 'failed',
    durationMs: 900,
    detail: 'the kernel log shows a fault in the patch',
    incidents: [incident],
    before: counters,
    after: { tainted: 37_056, oops: 1, warn: 0 },
    work: [{ name: 'tcp connect', rounds: 12, failures: 1, medianMs: 3.4, called: ['tcp_v4_syn_recv_sock'] }],
  });
  const { steps, ...rest } = goodLoad();
  return {
    ...rest,
    verdict: 'fail',
    reasons: [
      {
        code: 'KERNEL_INCIDENT',
        weight: 'fails',
        message: `${incident.title}, in the patch itself, while work went on. Read the trace and mend that function.`,
      },
    ],
    steps: [
      ...steps.slice(0, 3),
      failed,
      step('unload', { kind: 'unload', outcome: 'not-run', detail: 'the machine was lost' }),
    ],
    console: '[   12.345678] Kernel panic - not syncing: Fatal exception in interrupt\n',
  };
}
