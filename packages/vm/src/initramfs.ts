import { readFile } from 'node:fs/promises';
import { type CpioEntry, cpioFolder, cpioProgram, packCpio } from './cpio.ts';
import { agentScript, initScript, networkScript } from './guest-scripts.ts';
import type { BootableKernel } from './kernel.ts';
import { openModules } from './module-file.ts';
import { VmError } from './vm-error.ts';

/** What the guest needs for its disks and the control port. ext4 and its checksum are built into some kernels and modules of others. */
const baseDrivers = ['virtio_pci', 'virtio_blk', 'virtio_console', 'ext4'];
/** ext4 asks for the checksum by its algorithm's name, which no module's `depends` tells. */
const checksumDriver = 'crc32c_generic';

export interface InitramfsOptions {
  readonly network: 'none' | 'user';
  readonly hosts: Readonly<Record<string, string>>;
  readonly drivers: readonly string[];
  /** Path of a static busybox. */
  readonly busybox: string;
}

/** The initramfs of one boot: busybox, the drivers that this kernel has as modules, and the guest's two scripts. */
export async function buildInitramfs(kernel: BootableKernel, options: InitramfsOptions): Promise<Uint8Array> {
  const modules = await openModules(kernel);
  const parameters = new Map(options.drivers.map((line): [string, string] => splitDriver(line)));
  const checksum = await modules.closure([checksumDriver]).catch(() => []); // some kernels have it under another name
  const wanted = [...baseDrivers, ...(options.network === 'user' ? ['virtio_net'] : []), ...parameters.keys()];
  const drivers = new Map(
    [...checksum, ...(await modules.closure(wanted))].map((module) => [module.name, module.bytes]),
  );
  const order = [...drivers.keys()].map((name) => `${name} ${parameters.get(name) ?? ''}\n`).join('');
  const entries: CpioEntry[] = [
    ...['bin', 'proc', 'sys', 'dev', 'new', 'modules'].map(cpioFolder),
    cpioProgram('bin/busybox', await readFile(options.busybox)),
    cpioProgram('init', initScript),
    cpioProgram('agent', agentScript),
    cpioProgram('network', options.network === 'user' ? networkScript : ''),
    cpioProgram('hosts', hostsFile(options.hosts)),
    cpioProgram('modules/order', order),
    ...[...drivers].map(([name, bytes]) => cpioProgram(`modules/${name}.ko`, bytes)),
  ];
  return packCpio(entries);
}

function splitDriver(line: string): [string, string] {
  const [, name, parameters] = /^([A-Za-z0-9_-]+)(?:[ \t]+([^\n]*))?$/.exec(line) ?? [];
  if (name === undefined)
    throw new VmError('MODULE_NOT_FOUND', `${JSON.stringify(line)} names no driver; write NAME or NAME param=value`);
  return [name.replaceAll('-', '_'), parameters ?? ''];
}

function hostsFile(hosts: Readonly<Record<string, string>>): string {
  const lines = Object.entries(hosts).map(([name, address]) => `${address} ${name}\n`);
  return ['127.0.0.1 localhost\n', ...lines].join('');
}
