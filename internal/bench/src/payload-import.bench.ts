import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BenchContext, BenchRow } from './bench.ts';
import { median } from './median.ts';

export const name = 'payload: import';

const packageFolder = fileURLToPath(new URL('../../../packages/payload/', import.meta.url));
const processes = 15;

/** Milliseconds that a fresh Node takes to import a module. */
function importMs(url: string): number {
  const script = `const t = performance.now(); await import(${JSON.stringify(url)}); console.log(performance.now() - t);`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  const elapsed = Number(stdout);
  if (!(elapsed > 0)) throw new Error(`${url} cannot be imported`);
  return elapsed;
}

/** Import of the built package in a fresh Node, beside asn1js alone, of which it is made for the most part. */
export function run(context: BenchContext): Promise<BenchRow[]> {
  context.log('building the package');
  const tsup = fileURLToPath(new URL('../../../node_modules/tsup/dist/cli-default.js', import.meta.url));
  const built = spawnSync(process.execPath, [tsup, '--config', '../../tsup.config.ts'], { cwd: packageFolder });
  if (built.status !== 0) throw new Error('the package cannot be built');
  const entry = new URL('../../../packages/payload/dist/index.js', import.meta.url).href;
  const asn1js = import.meta.resolve('asn1js');
  const ours: number[] = [];
  const peer: number[] = [];
  for (let round = 0; round < processes; round++) {
    context.signal.throwIfAborted();
    ours.push(importMs(entry));
    peer.push(importMs(asn1js));
  }
  const result = {
    oursNs: median(ours) * 1e6,
    peerNs: median(peer) * 1e6,
    ratio: median(ours.map((ms, round) => (peer[round] ?? ms) / ms)),
  };
  return Promise.resolve([
    context.row({ what: 'import in a fresh Node, beside asn1js alone', result, target: { maxNs: 35e6 } }),
  ]);
}
