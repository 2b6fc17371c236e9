import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Offsets of the x86 boot header: where the version string is, and less what (Documentation/arch/x86/boot.rst, kernel_version). */
const versionOffset = 0x20e;
const versionBase = 0x200;
const maxReleaseChars = 64;

/** `uname -r` as a bzImage itself tells it; undefined for anything else. */
export function releaseOfImage(bzImage: Uint8Array): string | undefined {
  const bytes = Buffer.from(bzImage.buffer, bzImage.byteOffset, bzImage.byteLength);
  if (bytes.length < versionOffset + 2) return undefined;
  const start = bytes.readUInt16LE(versionOffset) + versionBase;
  const text = bytes.toString('latin1', start, start + maxReleaseChars + 1);
  return /^([0-9][0-9A-Za-z.+~_-]{0,63})[ \0]/.exec(text)?.[1];
}

/** Where distributions and the kernel's own build put the boot image. */
const imageFolders = ['.', 'boot', 'arch/x86/boot'];
const moduleFolders = ['lib/modules', 'usr/lib/modules', 'modules', '.'];
const isImageName = (name: string): boolean => /^(vmlinuz|bzImage)/.test(name);

/** The one boot image of a folder, or a sentence on why there is not one. */
export async function findKernelImage(tree: string): Promise<{ readonly path: string } | string> {
  const found = new Map<string, string>();
  for (const folder of [...imageFolders, ...(await versionFolders(tree))]) {
    for (const name of (await list(join(tree, folder))).filter(isImageName)) {
      const path = join(tree, folder, name);
      const entry = await stat(path).catch(() => undefined); // a link whose target is not there is no image
      if (entry?.isFile() === true) found.set(`${entry.dev}:${entry.ino}`, path);
    }
  }
  const [path, ...more] = [...found.values()].toSorted();
  if (path === undefined) return 'there is no vmlinuz in it';
  if (more.length === 0) return { path };
  return `it has several kernels (${[path, ...more].map((one) => relative(tree, one)).join(', ')})`;
}

/** The modules of a release: a folder of its name, or the folder itself where it is laid out as one. */
export async function findModulesFolder(tree: string, release: string): Promise<string | undefined> {
  for (const folder of moduleFolders) {
    for (const candidate of [join(tree, folder, release), join(tree, folder)]) {
      if ((await list(candidate)).includes('kernel')) return candidate;
    }
  }
  return undefined;
}

/** Some distributions ship the image beside its modules. */
async function versionFolders(tree: string): Promise<string[]> {
  const folders = await Promise.all(
    ['lib/modules', 'usr/lib/modules'].map(async (folder) =>
      (await list(join(tree, folder))).map((name) => join(folder, name)),
    ),
  );
  return folders.flat();
}

async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
