import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import type { BootableKernel } from './kernel.ts';
import { VmError } from './vm-error.ts';

/** include/linux/module_signature.h: the text, and struct module_signature before it, whose last 4 bytes are the length. */
const signatureMarker = '~Module signature appended~\n';
const signatureHeaderBytes = 12;

/** The module without an appended signature. */
export function withoutSignature(module: Uint8Array): Uint8Array {
  const bytes = Buffer.from(module.buffer, module.byteOffset, module.byteLength);
  const header = bytes.length - signatureMarker.length - signatureHeaderBytes;
  if (header < 0 || bytes.toString('latin1', bytes.length - signatureMarker.length) !== signatureMarker) return module;
  const end = header - bytes.readUInt32BE(header + signatureHeaderBytes - 4);
  return end < 0 ? module : module.subarray(0, end);
}

/** The value of a tag in a module's .modinfo section (`tag=value`, ended by NUL). */
function modinfo(module: Uint8Array, tag: string): string | undefined {
  const bytes = Buffer.from(module.buffer, module.byteOffset, module.byteLength);
  const at = bytes.indexOf(`\0${tag}=`);
  if (at < 0) return undefined;
  const start = at + tag.length + 2;
  return bytes.toString('latin1', start, bytes.indexOf(0, start));
}

/** One in-tree module, uncompressed and in a form that the kernel accepts. */
export interface ModuleFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** In-tree modules of one kernel by name. */
export interface ModuleFiles {
  /** The modules and all that they depend on, in the order in which they must be inserted. Built-in ones are left out. */
  closure(names: readonly string[]): Promise<readonly ModuleFile[]>;
}

/**
 * Opens the modules of a kernel. Where the kernel trusts another certificate, each is signed anew.
 *
 * Throws `VmError` with `MODULE_NOT_FOUND` for a name that the kernel has neither as a module nor built in.
 *
 * @example
 * ```ts
 * import { openModules, prepareKernel } from '@klpkit/vm';
 *
 * const modules = await openModules(await prepareKernel('newest-6.1-cloud'));
 * for (const { name, bytes } of await modules.closure(['ramoops'])) console.log(name, bytes.length);
 * ```
 */
export async function openModules(kernel: BootableKernel): Promise<ModuleFiles> {
  const [files, builtin] = await Promise.all([moduleFilesOf(kernel), builtinModulesOf(kernel)]);
  const closure = async (names: readonly string[]): Promise<readonly ModuleFile[]> => {
    const ordered = new Map<string, ModuleFile>();
    const add = async (name: string): Promise<void> => {
      if (builtin.has(name) || ordered.has(name)) return;
      const path = files.get(name);
      if (path === undefined)
        throw new VmError(
          'MODULE_NOT_FOUND',
          `kernel ${kernel.release} has no module ${name}; take a kernel that has it, or leave it out`,
        );
      const bytes = withoutSignature(await readModule(path));
      for (const needed of (modinfo(bytes, 'depends') ?? '').split(',').filter(Boolean)) await add(canonical(needed));
      ordered.set(name, { name, bytes: kernel.sign === undefined ? await readModule(path) : await kernel.sign(bytes) });
    };
    for (const name of names) await add(canonical(name));
    return [...ordered.values()];
  };
  return { closure };
}

const canonical = (name: string): string => name.replaceAll('-', '_');
const nameOf = (path: string): string | undefined => /([^/]+)\.ko(?:\.xz|\.zst|\.gz)?$/.exec(path)?.[1];

async function moduleFilesOf(kernel: BootableKernel): Promise<Map<string, string>> {
  const folder = join(kernel.modulesFolder, 'kernel');
  const paths = await readdir(folder, { recursive: true });
  return new Map(
    paths.flatMap((path) => (nameOf(path) === undefined ? [] : [[canonical(nameOf(path) ?? ''), join(folder, path)]])),
  );
}

async function builtinModulesOf(kernel: BootableKernel): Promise<Set<string>> {
  const text = await readFile(join(kernel.modulesFolder, 'modules.builtin'), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''; // a folder of somebody's own may lack it
    throw error;
  });
  return new Set(
    text.split('\n').flatMap((path) => (nameOf(path) === undefined ? [] : [canonical(nameOf(path) ?? '')])),
  );
}

/** What expands a module, by the end of its name (CONFIG_MODULE_COMPRESS_*). */
const expanders: readonly (readonly [string, string])[] = [
  ['.xz', 'xz'],
  ['.zst', 'zstd'],
  ['.gz', 'gzip'],
];

async function readModule(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path);
  const program = expanders.find(([suffix]) => path.endsWith(suffix))?.[1];
  if (program === undefined) return bytes;
  return runCommand(program, ['-dc'], {
    input: bytes,
    code: 'UNSUPPORTED_IMAGE',
    nextStep: 'the module is damaged: get the kernel again',
  });
}
