import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type KernelRoot, watchTransition } from '@klpkit/kernel';
import type { BenchContext, BenchRow } from './bench.ts';

export const name = 'kernel: an hour’s watch of a transition that does not end';

const hourMs = 3_600_000;
const patch = 'bench_stalled';

/**
 * The processor time that an hour of watching takes. The waits are jumped over, the work is real: a folder in place of
 * sysfs, and this machine's own threads and kernel log.
 */
export async function run({ signal }: BenchContext): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'klpkit-bench-'));
  try {
    const root = stalledRoot(folder);
    const before = process.cpuUsage();
    let seen = 0;
    for await (const state of watchTransition(patch, { root, clock: jumpingClock(), signal })) {
      seen++;
      if (state.kind !== 'patching') throw new Error(`the transition ended: ${state.kind}`);
      if (state.elapsedMs >= hourMs) break;
    }
    const { user, system } = process.cpuUsage(before);
    const share = ((user + system) / 1000 / hourMs) * 100;
    return [
      {
        what: `share of a core, ${seen} states given out`,
        ours: share,
        peer: null,
        ratio: null,
        unit: '%',
        target: 'under 1 %',
        ok: share < 1,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function stalledRoot(sysfs: string): KernelRoot {
  const attributes = join(sysfs, 'kernel', 'livepatch', patch);
  mkdirSync(attributes, { recursive: true });
  for (const attribute of ['enabled', 'transition']) writeFileSync(join(attributes, attribute), '1\n');
  return { sysfs, procfs: '/proc', kmsg: '/dev/kmsg' };
}

/** Time that passes by working, and at once by waiting. */
function jumpingClock(): Clock {
  let jumpedMs = 0;
  return {
    now: () => performance.now() + jumpedMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      jumpedMs += ms;
    },
  };
}
