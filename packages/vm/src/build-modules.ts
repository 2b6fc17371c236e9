import { copyFile, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runCommand } from './command.ts';
import type { PreparedKernel } from './kernel.ts';
import { ensureBuildTools } from './prepare-kernel.ts';
import { VmError } from './vm-error.ts';

/** What `buildModules` builds. */
export interface BuildModulesOptions {
  /** A folder with C files; each `NAME.c` becomes the module `NAME`. */
  readonly sources: string;
  /** Another folder whose headers (`NAME.h`) the sources may include as if they lay beside them. */
  readonly headers?: string;
  /** Only these modules; all of the folder unless told. */
  readonly only?: readonly string[];
  /** Where the `.ko` files go. */
  readonly into: string;
  readonly signal?: AbortSignal;
}

/** A C file that may be a module: what the kernel allows in a module's name, 55 characters at most. */
const sourcePattern = /^([A-Za-z0-9_]{1,55})\.c$/;

/**
 * Builds modules for a kernel, without debug information and unsigned, and returns their paths by name. The same source
 * and kernel give the same bytes wherever they are built.
 *
 * Throws `VmError` with `BUILD_FAILED` (the compiler's words in `output`), `TOOL_MISSING` or `INSTALL_FAILED`.
 *
 * @example
 * ```ts
 * import { buildModules, prepareKernel } from '@klpkit/vm';
 *
 * const kernel = await prepareKernel('newest-6.1-cloud');
 * const modules = await buildModules(kernel, { sources: 'livepatches', into: 'build' });
 * console.log(modules.get('my_patch')); // build/my_patch.ko
 * ```
 */
export async function buildModules(
  kernel: PreparedKernel,
  options: BuildModulesOptions,
): Promise<ReadonlyMap<string, string>> {
  const { sources, headers, only, into, signal } = options;
  await ensureBuildTools(signal);
  const names = (await readdir(sources))
    .flatMap((file) => sourcePattern.exec(file)?.[1] ?? [])
    .filter((name) => only?.includes(name) ?? true);
  const absent = only?.find((name) => !names.includes(name));
  if (names.length === 0 || absent !== undefined) {
    throw new VmError(
      'BUILD_FAILED',
      `${sources} has no ${absent ?? 'module'}.c; name a folder whose C files are modules`,
    );
  }
  const work = await mkdtemp(join(tmpdir(), 'klpkit-build-'));
  try {
    if (headers !== undefined) await copyHeaders(headers, work);
    await cp(sources, work, { recursive: true });
    await writeFile(join(work, 'Kbuild'), `obj-m := ${names.map((name) => `${name}.o`).join(' ')}\n`);
    await make(kernel, work, signal);
    await mkdir(into, { recursive: true });
    const built = new Map<string, string>();
    for (const name of names) built.set(name, await take(join(work, `${name}.ko`), into, signal));
    return built;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function copyHeaders(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    if (name.endsWith('.h')) await copyFile(join(from, name), join(to, name));
  }
}

/** Paths of this machine would get into the modules (assertions, the build id): they are mapped away. */
async function make(kernel: PreparedKernel, work: string, signal: AbortSignal | undefined): Promise<void> {
  const headers = join(kernel.buildFolder, '..');
  const flags = `-ffile-prefix-map=${work}/= -ffile-prefix-map=${headers}/=/usr/src/`;
  // No type information (BTF): it needs pahole, and no livepatch needs it.
  const how = ['-s', `-j${availableParallelism()}`, 'CONFIG_DEBUG_INFO_BTF_MODULES='];
  await runCommand('make', [...how, '-C', kernel.buildFolder, `M=${work}`, `KCFLAGS=${flags}`, 'modules'], {
    code: 'BUILD_FAILED',
    nextStep: 'see the compiler’s words in output',
    signal,
  });
}

/** Without symbols for a debugger; everything the kernel needs stays. */
async function take(module: string, into: string, signal: AbortSignal | undefined): Promise<string> {
  const nextStep = 'check that binutils works';
  await runCommand('strip', ['--strip-debug', module], {
    code: 'BUILD_FAILED',
    nextStep,
    signal,
  });
  const path = join(into, basename(module));
  await copyFile(module, path);
  return path;
}
