import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { findProgram } from './host-tools.ts';
import { VmError } from './vm-error.ts';

/** Package lists older than this name files that the mirror has already dropped. */
const listsMaxAgeMs = 24 * 3_600_000;

/** The releases of which apt offers a signed kernel image. */
export async function offeredKernels(now: number, signal: AbortSignal | undefined): Promise<string[]> {
  if ((await findProgram('apt-cache')) === undefined) {
    throw new VmError(
      'TOOL_MISSING',
      'apt-cache is not there; kernels come from Debian packages, so run this on a Debian 12 system or in its container',
    );
  }
  if (process.getuid?.() === 0 && (await listsAgeMs(now)) > listsMaxAgeMs) await updateLists(signal);
  return imageNames(signal);
}

async function imageNames(signal: AbortSignal | undefined): Promise<string[]> {
  const step = { code: 'KERNEL_NOT_FOUND', nextStep: 'check that apt works (apt-get update)', signal } as const;
  const names = await runCommand('apt-cache', ['pkgnames', 'linux-image-'], step);
  return names
    .toString('utf8')
    .split('\n')
    .filter((name) => name.startsWith('linux-image-') && !name.endsWith('-unsigned') && !name.endsWith('-dbg'))
    .map((name) => name.slice('linux-image-'.length));
}

async function updateLists(signal: AbortSignal | undefined): Promise<void> {
  const nextStep = 'check the network and /etc/apt/sources.list';
  await runCommand('apt-get', ['update', '-qq'], { code: 'DOWNLOAD_FAILED', nextStep, signal });
}

async function listsAgeMs(now: number): Promise<number> {
  const folder = '/var/lib/apt/lists';
  const names = await readdir(folder).catch(() => []);
  const lists = names.filter((name) => name.includes('_Packages') || name.endsWith('InRelease'));
  const times = await Promise.all(
    lists.map((name) =>
      stat(join(folder, name)).then(
        (s) => s.ctimeMs,
        () => 0,
      ),
    ),
  );
  return times.length === 0 ? Infinity : now - Math.max(...times);
}

/** The packages that a package depends on, by name. */
export async function dependenciesOf(debianPackage: string, signal: AbortSignal | undefined): Promise<string[]> {
  const step = { code: 'KERNEL_NOT_FOUND', nextStep: 'run apt-get update and try again', signal } as const;
  const text = (await runCommand('apt-cache', ['depends', debianPackage], step)).toString('utf8');
  return [...text.matchAll(/^ {2}Depends: ([^<\s]+)$/gm)].map((match) => match[1] ?? '');
}

/** Downloads packages and unpacks them into a folder. Nothing is installed, so no hook of theirs runs and no root is needed. */
export async function unpackPackages(
  packages: readonly string[],
  into: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const folder = await mkdtemp(`${into}.deb-`);
  const nextStep = 'check the network, run apt-get update and try again';
  const step = { cwd: folder, code: 'DOWNLOAD_FAILED', nextStep, signal } as const;
  try {
    await runCommand('apt-get', ['download', '-qq', ...packages], step);
    for (const name of await readdir(folder)) await runCommand('dpkg-deb', ['-x', join(folder, name), into], step);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
