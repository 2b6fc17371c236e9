import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Series } from '../scenario.ts';
import { selftestFolder, selftestRoot } from './places.ts';
import { fetchSelftests } from './selftest-sources.ts';

/**
 * Selftests of the kernel that are short, need no more than a C library, and leave nothing behind. Those of timers set the clock of
 * whatever machine they run on: never run them outside of one that is thrown away.
 */
const programs = [
  'proc/proc-uptime-001',
  'proc/proc-self-syscall',
  'proc/proc-self-wchan',
  'kcmp/kcmp_test',
  'timers/valid-adjtimex',
];
/** Of the livepatch tests the one that disables nobody else's patch. */
const livepatchScript = 'test-shadow-vars.sh';

/** As kselftest names them in its results. */
export const selftestNames: readonly string[] = [...programs, `livepatch/${livepatchScript}`].map((path) =>
  path.replace('/', ': '),
);

/** Calls a livepatch test in the root that `selftestEntries` made. */
const inSelftestRoot = `#!/bin/sh
[ -e ${selftestRoot}/proc/1 ] || { mount -t tmpfs tmp ${selftestRoot}/tmp
for d in proc sys dev; do mount --rbind /$d ${selftestRoot}/$d; done; }
export PATH=/bin KDIR=/
exec chroot ${selftestRoot} /bin/bash -c 'cd ${selftestFolder} && exec bash ./${livepatchScript}'
`;

/** Builds the tests into a folder as `make install` of kselftest lays it out. The livepatch one wants `selftestEntries` in the machine too. */
export async function buildKselftests(series: Series, folder: string): Promise<void> {
  const { all } = await fetchSelftests(series);
  const names: string[] = [];
  const place = async (collection: string, name: string): Promise<string> => {
    await mkdir(join(folder, collection), { recursive: true });
    names.push(`${collection}:${name}`);
    return join(folder, collection, name);
  };
  for (const program of programs) {
    const output = await place(dirname(program), basename(program));
    await promisify(execFile)('gcc', ['-O2', '-w', '-D_GNU_SOURCE', '-o', output, join(all, `${program}.c`), '-lrt']);
  }
  const script = await place('livepatch', livepatchScript);
  await writeFile(script, inSelftestRoot);
  await chmod(script, 0o755);
  await writeFile(join(folder, 'kselftest-list.txt'), names.map((name) => `${name}\n`).join(''));
}
