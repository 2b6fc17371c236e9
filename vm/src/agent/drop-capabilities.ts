import { createRequire } from 'node:module';

/** What is used of koffi, which lies with the kernel package. */
interface Koffi {
  load(library: null): { func(prototype: string): (...args: unknown[]) => unknown };
}

/** linux/capability.h: what the unit of examples/client leaves, CAP_SYS_MODULE and CAP_SYSLOG. */
const kept = [16, 34];
const lastCapability = 40;
/** linux/prctl.h */
const PR_CAPBSET_DROP = 24;
/** capset(2) on x86_64, and the version of its header that has 64 bits. */
const SYS_capset = 126;
const version3 = 0x20080522;

/**
 * Root with two capabilities, from here on in this process and in all that it starts: what the agent has as a service. Everything that these tests
 * show is shown with no more.
 */
export function dropCapabilities(): void {
  const libc = (createRequire(import.meta.url)('koffi') as Koffi).load(null);
  const prctl = libc.func('int prctl(int option, unsigned long capability)');
  const syscall = libc.func('long syscall(long number, const void *header, const void *data)');
  for (let capability = 0; capability <= lastCapability; capability += 1) {
    if (!kept.includes(capability)) prctl(PR_CAPBSET_DROP, capability);
  }
  const header = new Uint32Array([version3, 0]);
  const [low, high] = [1 << 16, 1 << (34 - 32)];
  const data = new Uint32Array([low, low, 0, high, high, 0]); // effective, permitted, inheritable; twice 32 bits
  if (Number(syscall(SYS_capset, header, data)) !== 0) throw new Error('the capabilities could not be dropped');
}
