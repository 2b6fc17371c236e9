import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Programs that booting takes; as root they are installed when they are missing. */
const programs = ['qemu-system-x86_64', 'mke2fs', 'setpriv', 'lz4', 'gcc-12', 'make'];

function has(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Why the real-kernel tests cannot run on this machine; undefined when they can. */
export function whyNoKernels(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'kernels are booted on x86_64 Linux only';
  if (!has('apt-cache')) return 'there is no apt, and kernels come from Debian packages';
  const missing = programs.filter((program) => !has(program));
  if (missing.length > 0 && process.getuid?.() !== 0)
    return `not root, and these are not installed: ${missing.join(', ')}`;
  return undefined;
}
