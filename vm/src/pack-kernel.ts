import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PreparedKernel } from '@klpkit/vm';

const run = promisify(execFile);
/** The folder that the Debian package of a prepared kernel was unpacked into. */
export const treeOf = ({ modulesFolder }: PreparedKernel): string => join(modulesFolder, '../../..');
const packed = ['boot', 'lib/modules'];

/** The kernel as a tarball; fast, not small. */
export async function packTarball(kernel: PreparedKernel, folder: string): Promise<string> {
  const file = join(folder, `${kernel.release}.tar`);
  await run('tar', ['--create', `--file=${file}`, `--directory=${treeOf(kernel)}`, ...packed]);
  return file;
}

/** The kernel as a Debian package file of no compression. */
export async function packDebian(kernel: PreparedKernel, folder: string): Promise<string> {
  const tree = join(folder, 'package');
  await mkdir(join(tree, 'DEBIAN'), { recursive: true, mode: 0o755 });
  await mkdir(join(tree, 'lib'));
  for (const name of packed) await run('cp', ['-a', join(treeOf(kernel), name), join(tree, name)]);
  const control = {
    Package: `linux-image-${kernel.release}`,
    Version: '1',
    Architecture: 'amd64',
    Maintainer: 'klpkit',
    Description: 'a kernel, packed again for a test',
  };
  const lines = Object.entries(control).map(([field, value]) => `${field}: ${value}\n`);
  await writeFile(join(tree, 'DEBIAN/control'), lines.join(''));
  const file = join(folder, `${kernel.release}.deb`);
  await run('dpkg-deb', ['-Znone', '--build', tree, file]);
  return file;
}
