/**
 * Runs the kernel's own selftests in their root, with our watcher beside them. Ends with 0 when all pass and the watcher saw what
 * the kernel said.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { sayBegun } from './result-mark.ts';
import { watchAllPatches } from './watch-all-patches.ts';
import { selftestFolder, selftestRoot } from '../selftests/places.ts';

const run = promisify(execFile);
/** What kselftest means by its exit codes (tools/testing/selftests/kselftest.h). */
const outcomes: Readonly<Record<number, string>> = { 0: 'passed', 4: 'skipped' };
const prepare = `
ln -sfn /proc/self/fd /dev/fd
mount -t tmpfs tmp ${selftestRoot}/tmp
for d in proc sys dev; do mount --rbind /$d ${selftestRoot}/$d; done`;

async function runScript(script: string): Promise<string> {
  const command = `cd ${selftestFolder} && exec bash ./${script}`;
  const args = [selftestRoot, '/bin/bash', '-c', command];
  const startedAt = performance.now();
  const { code, output } = await run('chroot', args, { env: { PATH: '/bin', KDIR: '/' }, maxBuffer: 1 << 24 }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      output: `${error.stdout}${error.stderr}`,
    }),
  );
  const outcome = outcomes[code] ?? `FAILED (${code})`;
  const tests = output.split('\n').filter((line) => line.startsWith('TEST: ')).length;
  console.log(`${script}: ${tests} tests ${outcome} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  if (outcomes[code] === undefined) console.log(output);
  return outcome;
}

sayBegun();
await run('sh', ['-c', prepare]);
const watch = await watchAllPatches();
const scripts = (await readdir(`${selftestRoot}${selftestFolder}`)).filter((name) => /^test-.*\.sh$/.test(name));
const failed: string[] = [];
for (const script of scripts.toSorted()) {
  const outcome = await runScript(script);
  if (outcome.startsWith('FAILED')) failed.push(script);
}
const { agreed, disagreements } = await watch.stop();
console.log(
  `our watcher: ${agreed} transitions as the kernel said${disagreements.map((text) => `\n  NOT ${text}`).join('')}`,
);
assert.ok(scripts.length > 0);
process.exit(failed.length + disagreements.length === 0 && agreed > 0 ? 0 : 1);
