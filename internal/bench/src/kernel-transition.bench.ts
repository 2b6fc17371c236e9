import { bootAndRun, openLab, whyNoKernels } from '@klpkit-internal/vm-tests';
import type { BenchContext, BenchRow } from './bench.ts';
import { median } from './median.ts';

export const name = 'kernel: the end of a transition, seen on a real kernel';

const rounds = 15;

/** Boots Debian's 6.1 in QEMU and compares what the watcher says with the kernel's own stamps. Takes some minutes. */
export async function run(context: BenchContext): Promise<BenchRow[]> {
  const reason = whyNoKernels();
  if (reason !== undefined) {
    context.log(`not measured: ${reason}`);
    return [];
  }
  await using lab = await openLab('newest-6.1-cloud');
  const boot = () => lab.boot({ append: 'module.sig_enforce=1', timeoutMs: 600_000 });
  let output = '';
  const program = ['node', '--conditions=@klpkit/source', '/app/vm/src/guest/measure-transition.ts', String(rounds)];
  await using booted = await bootAndRun(boot, program, {
    onLine: (line) => void (output = line.startsWith('[{') ? line : output),
  });
  if (output === '')
    throw new Error(`nothing was measured: ${booted.ending}\n${booted.exit.lines.slice(-20).join('\n')}`);
  const seen = JSON.parse(output) as { readonly lagMs: number; readonly waitedMs: number }[];
  const lag = median(seen.map(({ lagMs }) => lagMs));
  const within = seen.filter(({ lagMs, waitedMs }) => lagMs <= Math.max(60, waitedMs / 100)).length;
  const common = { peer: null, ratio: null };
  return [
    {
      what: `lag behind the kernel’s own stamp, median of ${seen.length} transitions under TCG`,
      ours: lag,
      unit: 'ms',
      target: 'at most 60 ms or 1 % of the time waited',
      ok: lag <= 60,
      ...common,
    },
    {
      what: 'transitions seen within 60 ms or 1 % of the time waited',
      ours: within,
      unit: `of ${seen.length}`,
      target: 'more than half',
      ok: within * 2 > seen.length,
      ...common,
    },
  ];
}
