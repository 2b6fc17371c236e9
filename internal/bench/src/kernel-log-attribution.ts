import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Incident, scanKernelText } from '@klpkit/kernel-log';
import { sharedDir } from '@klpkit-internal/testkit';
import type { BenchRow } from './bench.ts';

/** Where the real-kernel suite keeps what its machines said. */
const ownLogs = fileURLToPath(new URL('../../../node_modules/.cache/vm', import.meta.url));

/** Livepatches of the test machines; their other modules (`klpkit_host`, `klpkit_plain`) must never be blamed. */
const livepatch = /^(?:lp_\w+|klpkit_(?!host$|plain$)\w+|test_klp_\w+)$/;
const frameOfLivepatch = /\[(?:lp_\w+|klpkit_(?!host\]|plain\])\w+|test_klp_\w+)\]$/;

/** Every crash that a frame of a test livepatch names, in the logs of machines that this project's livepatches took down. */
export async function scoreAttribution(): Promise<BenchRow[]> {
  const shared = sharedDir();
  const lab = shared === undefined ? [] : globSync(join(shared, 'vm-lab', 'dmesg', '**', '*.{log,txt}'));
  const files = [...lab, ...globSync(join(ownLogs, '*.log'))];
  const incidents = (await Promise.all(files.map(incidentsOf))).flat();
  const named = incidents.filter(({ trace }) => trace.some((frame) => frameOfLivepatch.test(frame)));
  const sure = named.filter(({ attribution }) => attribution === 'strong' || attribution === 'medium');
  const wrong = incidents.filter(({ module }) => module !== null && !livepatch.test(module));
  const where = `in ${files.length} logs of test machines`;
  return [
    row(`crashes ${where} with a livepatch on the stack, attributed strong or medium`, sure.length, named.length),
    row(`incidents ${where} blamed on a module that is no livepatch`, wrong.length, 0),
  ];
}

async function incidentsOf(file: string): Promise<Incident[]> {
  const found: Incident[] = [];
  for await (const incident of scanKernelText([readFileSync(file, 'utf8')])) found.push(incident);
  return found;
}

function row(what: string, ours: number, wanted: number): BenchRow {
  return { what, ours, peer: null, ratio: null, unit: '', target: `${wanted}`, ok: ours === wanted };
}
