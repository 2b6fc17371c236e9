import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** The first processor stands at the beginning, also where there are hundreds. */
const readBytes = 16_384;

/** Vendors as arch/x86/kernel/cpu/*.c name them. */
const x86Vendors: Readonly<Record<string, string>> = {
  GenuineIntel: 'intel',
  AuthenticAMD: 'amd',
  HygonGenuine: 'hygon',
  CentaurHauls: 'centaur',
  '  Shanghai  ': 'zhaoxin',
};

/** Implementers as arch/arm64/include/asm/cputype.h numbers them. */
const armImplementers: Readonly<Record<string, string>> = {
  '0x41': 'arm',
  '0x43': 'cavium',
  '0x46': 'fujitsu',
  '0x48': 'hisilicon',
  '0x4e': 'nvidia',
  '0x50': 'apm',
  '0x51': 'qualcomm',
  '0x61': 'apple',
  '0x6d': 'microsoft',
  '0xc0': 'ampere',
};

/**
 * Vendor and family of the first processor as pings say it, from the text of `/proc/cpuinfo`: `amd-25`, `arm-d0c`, `ibm-3931`, `power-9`. `undefined` where the
 * text does not tell, which is no fault.
 */
export function cpuFamilyOf(cpuinfo: string): string | undefined {
  // x86 is the only one whose vendor may begin with blanks, so only one blank after the colon goes.
  const field = (name: string): string | undefined => new RegExp(`^${name}[ \\t]*: ?(.*)$`, 'm').exec(cpuinfo)?.[1];
  const named = (vendor: string | undefined, family: string | undefined): string | undefined =>
    vendor !== undefined && family !== undefined && /^[0-9a-f]{1,4}$/.test(family) ? `${vendor}-${family}` : undefined;

  const implementer = field('CPU implementer');
  if (implementer !== undefined) return named(armImplementers[implementer], field('CPU part')?.replace(/^0x/, ''));
  const vendor = field('vendor_id');
  if (vendor === 'IBM/S390') return named('ibm', /machine = ([0-9]{4})/.exec(cpuinfo)?.[1]);
  if (vendor !== undefined) return named(x86Vendors[vendor], field('cpu family'));
  return named('power', /^POWER([0-9]{1,2})/.exec(field('cpu') ?? '')?.[1]);
}

/** {@link cpuFamilyOf} of this machine; `undefined` where it cannot be read, too. */
export async function readCpuFamily(procfs: string): Promise<string | undefined> {
  try {
    await using file = await open(join(procfs, 'cpuinfo'));
    const { buffer, bytesRead } = await file.read(new Uint8Array(readBytes), 0, readBytes, 0);
    return cpuFamilyOf(new TextDecoder().decode(buffer.subarray(0, bytesRead)));
  } catch {
    return undefined; // a ping without it is as good for all but one question
  }
}
