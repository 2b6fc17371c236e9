import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildModules, ensureTools, type RootEntry } from '@klpkit/vm';
import type { Lab } from '../lab.ts';
import { signFile } from '../sign-file.ts';
import { selftestFolder, selftestRoot } from './places.ts';
import { fetchSelftests } from './selftest-sources.ts';

const run = promisify(execFile);

/** What the scripts call. busybox is not enough: they compare Debian's own error texts, and use options that it lacks. */
const programs =
  'bash sh cat cp ls rm mktemp dmesg comm grep sed awk sysctl kmod stat diff getconf date id seq sleep tr head tail kill uname dirname basename sort wc env mkdir tee'.split(
    ' ',
  );
const kmodNames = ['modprobe', 'modinfo', 'insmod', 'rmmod', 'lsmod', 'depmod'];
const searchPath = '/usr/sbin:/usr/bin:/sbin:/bin';

/** A root of Debian's programs, the scripts and the modules, signed by the lab's key, for the guest to chroot into. */
export async function selftestEntries(
  lab: Pick<Lab, 'kernel' | 'series' | 'authority' | 'folder'>,
): Promise<RootEntry[]> {
  await ensureTools([{ program: 'depmod', debianPackage: 'kmod' }]);
  const sources = await fetchSelftests(lab.series);
  const folder = join(lab.folder, 'selftests');
  const modules = join(folder, 'lib/modules', lab.kernel.release, 'extra');
  await mkdir(modules, { recursive: true });
  const built = await buildModules(lab.kernel, { sources: sources.modules, into: modules });
  for (const path of built.values()) {
    await writeFile(
      path,
      await signFile(lab.kernel, await readFile(path), lab.authority, lab.series === '6.1' ? 'sha256' : 'sha384'),
    );
  }
  await run('depmod', ['-b', folder, lab.kernel.release], { env: { PATH: searchPath } });
  const scripts = (await readdir(sources.scripts)).filter((name) => name.endsWith('.sh'));
  return [
    ...(await programEntries()),
    { kind: 'copy', from: join(folder, 'lib/modules'), to: `${selftestRoot}/lib/modules` },
    { kind: 'copy', from: modules, to: `${selftestRoot}${selftestFolder}/test_modules` },
    ...scripts.map((name): RootEntry => entry(join(sources.scripts, name), `${selftestFolder}/${name}`)),
    ...(await callerEntries(sources.scripts, folder)),
    ...['proc', 'sys', 'dev', 'tmp'].map(
      (name): RootEntry => ({ kind: 'file', to: `${selftestRoot}/${name}/.keep`, content: '' }),
    ),
  ];
}

const entry = (from: string, to: string): RootEntry => ({ kind: 'copy', from, to: `${selftestRoot}${to}` });

async function programEntries(): Promise<RootEntry[]> {
  const entries = new Map<string, RootEntry>();
  for (const name of programs) {
    const { stdout: path } = await run('bash', ['-c', 'type -P "$1"', 'bash', name], { env: { PATH: searchPath } });
    entries.set(name, entry(path.trim(), `/bin/${name}`));
    const { stdout } = await run('ldd', [path.trim()]).catch(() => ({ stdout: '' })); // static: no libraries
    for (const library of stdout.match(/\/\S+(?=\s\(0x)/g) ?? []) entries.set(library, entry(library, library));
  }
  for (const name of kmodNames) entries.set(name, { kind: 'link', to: `${selftestRoot}/bin/${name}`, target: 'kmod' });
  return [...entries.values()];
}

/** Later kernels bring a program that calls getpid from many processes. */
async function callerEntries(scripts: string, folder: string): Promise<RootEntry[]> {
  const name = 'test_klp-call_getpid';
  if (!(await readdir(scripts)).includes(`${name}.c`)) return [];
  await run('gcc', ['-O2', '-o', join(folder, name), join(scripts, `${name}.c`)]);
  return [entry(join(folder, name), `${selftestFolder}/${name}`)];
}
