import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runCommand } from './command.ts';
import { VmError } from './vm-error.ts';

/** A program of the host (or, as an absolute path, a library), and the Debian package that brings it. */
export interface HostTool {
  readonly program: string;
  readonly debianPackage: string;
}

/** What booting takes. */
export const bootTools: readonly HostTool[] = [
  { program: 'qemu-system-x86_64', debianPackage: 'qemu-system-x86' },
  { program: 'setpriv', debianPackage: 'util-linux' },
  { program: 'mke2fs', debianPackage: 'e2fsprogs' },
  { program: 'ldd', debianPackage: 'libc-bin' },
];

/** What unpacking a kernel takes. */
export const unpackTools: readonly HostTool[] = [
  { program: 'dpkg-deb', debianPackage: 'dpkg' },
  { program: 'lz4', debianPackage: 'lz4' },
  { program: 'zstd', debianPackage: 'zstd' },
  { program: 'xz', debianPackage: 'xz-utils' },
];

/** What building a module takes. The kernel's headers name the compiler exactly. */
export const buildTools: readonly HostTool[] = [
  { program: 'gcc', debianPackage: 'gcc' },
  { program: 'gcc-12', debianPackage: 'gcc-12' },
  { program: 'make', debianPackage: 'make' },
  { program: 'strip', debianPackage: 'binutils' },
  { program: '/usr/lib/x86_64-linux-gnu/libelf.so.1', debianPackage: 'libelf1' }, // objtool's, which comes without dependencies
];

const searchPath = (): string[] => [
  ...(process.env['PATH'] ?? '').split(delimiter),
  '/usr/sbin',
  '/sbin',
  '/usr/bin',
  '/bin',
];

/** The path of a program, also where /usr/sbin is not in PATH; undefined when it is not installed. */
export async function findProgram(program: string): Promise<string | undefined> {
  for (const folder of searchPath()) {
    const path = join(folder, program);
    if (
      folder !== '' &&
      (await access(path, constants.X_OK).then(
        () => true,
        () => false,
      ))
    )
      return path;
  }
  return undefined;
}

/**
 * Makes sure that programs are there: as root on a Debian system it installs what is missing, otherwise it throws
 * `TOOL_MISSING` and names the command that would.
 *
 * @throws VmError `TOOL_MISSING`, `INSTALL_FAILED`
 *
 * @example
 * ```ts
 * import { ensureTools } from '@klpkit/vm';
 *
 * await ensureTools([{ program: 'depmod', debianPackage: 'kmod' }], { signal: AbortSignal.timeout(120_000) });
 * ```
 */
export async function ensureTools(
  tools: readonly HostTool[],
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const missing = await missingTools(tools);
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((tool) => tool.debianPackage))];
  const names = missing.map((tool) => tool.program).join(', ');
  if (process.getuid?.() !== 0 || (await findProgram('apt-get')) === undefined) {
    throw new VmError(
      'TOOL_MISSING',
      `not installed: ${names}; as root run: apt-get install -y --no-install-recommends ${packages.join(' ')}`,
    );
  }
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const nextStep = `see what apt said, then run it by hand: apt-get install ${packages.join(' ')}`;
  const step = { env, code: 'INSTALL_FAILED', nextStep, signal: options.signal } as const;
  await runCommand('apt-get', ['update', '-qq'], step);
  await runCommand('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], step);
  const still = await missingTools(tools);
  if (still.length > 0)
    throw new VmError(
      'INSTALL_FAILED',
      `${still.map((tool) => tool.program).join(', ')} did not come with ${packages.join(' ')}; ${nextStep}`,
    );
}

async function isThere(program: string): Promise<boolean> {
  if (!program.startsWith('/')) return (await findProgram(program)) !== undefined;
  return access(program).then(
    () => true,
    () => false,
  );
}

async function missingTools(tools: readonly HostTool[]): Promise<HostTool[]> {
  const found = await Promise.all(tools.map(async (tool) => ({ tool, isThere: await isThere(tool.program) })));
  return found.filter((entry) => !entry.isThere).map((entry) => entry.tool);
}
