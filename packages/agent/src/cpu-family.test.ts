import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cpuFamilyOf, readCpuFamily } from './cpu-family.ts';

it.each([
  ['amd-25', 'processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 1\n'],
  ['intel-6', 'processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 106\n'],
  ['zhaoxin-7', 'processor\t: 0\nvendor_id\t:   Shanghai  \ncpu family\t: 7\n'],
  ['arm-d0c', 'processor\t: 0\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\n'],
  ['ibm-3931', 'vendor_id       : IBM/S390\nprocessor 0: version = 00,  identification = 123456,  machine = 3931\n'],
  ['power-9', 'processor\t: 0\ncpu\t\t: POWER9 (architected), altivec supported\nclock\t\t: 2200.000000MHz\n'],
])('says %s', (family, text) => expect(cpuFamilyOf(text)).toBe(family));

it.each([
  ['an unknown vendor', 'vendor_id\t: Somebody\ncpu family\t: 6\n'],
  ['a family that is no number', 'vendor_id\t: GenuineIntel\ncpu family\t: unknown\n'],
  ['an unknown implementer', 'CPU implementer\t: 0x99\nCPU part\t: 0xd0c\n'],
  ['nothing', ''],
])('says nothing of %s', (_, text) => expect(cpuFamilyOf(text)).toBeUndefined());

it('takes the first processor of very many, and no file for no answer', async () => {
  const procfs = await mkdtemp(join(tmpdir(), 'klpkit-cpu-'));
  expect(await readCpuFamily(procfs)).toBeUndefined();
  const one = `processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 26\nflags\t\t: ${'fpu '.repeat(200)}\n\n`;
  await writeFile(join(procfs, 'cpuinfo'), one.repeat(512));
  expect(await readCpuFamily(procfs)).toBe('amd-26');
  await rm(procfs, { recursive: true });
});
