import type { LogRule } from '../rule.ts';
import { ip, oopsNumber, pattern } from './patterns.ts';

// Format strings: arch/*/mm/fault.c, arch/*/kernel/traps.c, arch/x86/kernel/dumpstack.c, lib/bug.c, Linux 4.4 to 6.19.

const badAccess =
  '(?<what>paging request|NULL pointer dereference|read from unreadable memory|write to read-only memory|' +
  'execute from non-executable memory|execution of (?:user|userspace) memory|access to user memory|pointer dereference)';

/** Bad memory accesses and processor exceptions in the kernel. */
export const faultRules: readonly LogRule[] = [
  {
    id: 'page-fault',
    kind: 'fault',
    anchors: ['BUG: '],
    pattern:
      /BUG: (?:unable to handle (?:kernel paging request|page fault for address)|Unable to handle (?:kernel )?(?:paging request|data access|instruction fetch|unaligned access|unknown paging fault))/,
    title: 'BUG: unable to handle kernel paging request in {function}',
  },
  {
    id: 'null-dereference',
    kind: 'fault',
    anchors: ['BUG: '],
    pattern: /BUG: (?:[Uu]nable to handle kernel|[Kk]ernel) NULL pointer dereference/,
    title: 'BUG: unable to handle kernel NULL pointer dereference in {function}',
  },
  {
    id: 'bad-access-truncated',
    kind: 'fault',
    role: 'lead',
    anchors: ['BUG: '],
    pattern: /BUG: [Uu]nable to handle kernel\s*$/,
    title: 'BUG: unable to handle kernel',
  },
  {
    // arm, arm64, riscv, s390, loongarch, mips
    id: 'bad-access',
    kind: 'fault',
    anchors: ['Unable to handle kernel '],
    pattern: pattern(String.raw`(?:CPU \d{1,5} )?Unable to handle kernel `, badAccess),
    title: 'BUG: unable to handle kernel {what} in {function}',
  },
  {
    id: 'stack-guard',
    kind: 'fault',
    anchors: ['BUG: '],
    pattern: /BUG: (?:[A-Z0-9]{1,8} )?stack guard page was hit at /,
    title: 'BUG: stack guard page was hit in {function}',
    pick: 'stall', // where it ran out is chance: what began the recursion tells
  },
  {
    id: 'double-fault',
    kind: 'fault',
    role: 'follow',
    anchors: ['PANIC: double fault'],
    pattern: /(?:traps: )?PANIC: double fault/,
    title: 'PANIC: double fault in {function}',
  },
  {
    id: 'nx-exec',
    kind: 'fault',
    role: 'lead',
    anchors: ['kernel tried to execute '],
    pattern: /kernel tried to execute (?:NX-protected|no-exec(?:ution)?) (?:protected )?page/,
    title: 'BUG: unable to handle kernel paging request in {function}',
  },
  {
    id: 'smep-exec',
    kind: 'fault',
    role: 'lead',
    anchors: ['unable to execute userspace code'],
    pattern: /unable to execute userspace code \(SM[AE]P\?\)/,
    title: 'BUG: unable to handle kernel paging request in {function}',
  },
  {
    id: 'corrupted-page-table',
    kind: 'fault',
    anchors: ['Corrupted page table at address '],
    pattern: /.{1,40}: Corrupted page table at address [0-9a-f]{1,16}/,
    title: 'Corrupted page table in {function}',
  },
  {
    id: 'stack-overrun',
    kind: 'fault',
    role: 'lead',
    anchors: ['Thread overran stack'],
    pattern: /Thread overran stack, or stack corrupted/,
    title: 'Thread overran stack in {function}',
  },
  {
    id: 'exception-stack',
    kind: 'fault',
    role: 'lead',
    anchors: ['Insufficient stack space'],
    pattern: /Insufficient stack space to handle exception!/,
    title: 'kernel stack overflow in {function}',
  },
  {
    id: 'general-protection',
    kind: 'fault',
    role: 'follow',
    anchors: ['general protection fault'],
    pattern: pattern(
      String.raw`(?:Oops: )?(?:segment-related )?general protection fault(?:, (?:probably|maybe) for [^:]{1,80})?: `,
      String.raw`[0-9a-f]{1,16}(?: ${oopsNumber})?`,
    ),
    title: 'general protection fault in {function}',
  },
  {
    id: 'divide-error',
    kind: 'fault',
    role: 'follow',
    anchors: ['divide error: ', 'divide_error: '],
    pattern: pattern(String.raw`(?:Oops: )?divide[ _]error: [0-9a-f]{4,16}(?: ${oopsNumber})?`),
    title: 'divide error in {function}',
  },
  {
    id: 'stack-segment',
    kind: 'fault',
    role: 'follow',
    anchors: ['stack segment: '],
    pattern: pattern(String.raw`(?:Oops: )?stack segment: [0-9a-f]{4,16}(?: ${oopsNumber})?`),
    title: 'stack segment fault in {function}',
  },
  {
    id: 'invalid-opcode',
    kind: 'fault',
    role: 'follow',
    anchors: ['invalid opcode: '],
    pattern: pattern(String.raw`(?:Oops: )?invalid opcode: [0-9a-f]{4,16}(?: ${oopsNumber})?`),
    title: 'invalid opcode in {function}',
  },
  {
    // die() of x86 with whatever it was given: int3, double fault, control protection, kernel stack overflow (page fault) …
    id: 'exception',
    kind: 'fault',
    role: 'follow',
    anchors: ['[#'],
    pattern: pattern(
      String.raw`(?:Oops: )?(?!Oops\b|Internal error)(?<what>[A-Za-z][\w ()/'-]{2,60}): [0-9a-f]{4,16} `,
      oopsNumber,
    ),
    title: '{what} in {function}',
  },
];

/** The lines that count an oops; they come second, and stand for it where the first line is lost. */
export const oopsRules: readonly LogRule[] = [
  {
    // arm, arm64
    id: 'internal-error',
    kind: 'fault',
    role: 'follow',
    anchors: ['Internal error: '],
    pattern: pattern(String.raw`Internal error: .{0,120}?: [0-9a-f]{1,16} `, oopsNumber),
    title: 'Internal error in {function}',
  },
  {
    // x86, powerpc, riscv, loongarch, mips, s390: what stands before the number differs
    id: 'oops',
    kind: 'fault',
    role: 'follow',
    anchors: ['[#', 'Oops[#', 'detected[#'],
    pattern: pattern(String.raw`(?:Oops\b|Kernel BUG|Kernel bug detected)[^\[]{0,120}`, oopsNumber),
    title: 'Oops in {function}',
  },
  {
    // arm, and arm64 of old
    id: 'unhandled-fault',
    kind: 'fault',
    anchors: ['Unhandled fault: ', 'Unhandled prefetch abort: '],
    pattern: /Unhandled (?:fault|prefetch abort): .{1,60} \(0x[0-9a-f]{1,8}\) at /,
    title: 'Unhandled fault in {function}',
  },
  {
    id: 'alignment-trap',
    kind: 'fault',
    role: 'lead',
    anchors: ['Alignment trap: '],
    pattern: /Alignment trap: not handling instruction [0-9a-f]{4,8} at /,
    title: 'Alignment trap in {function}',
  },
  {
    id: 'bad-mode',
    kind: 'fault',
    role: 'follow',
    anchors: ['Bad mode in '],
    pattern: /Bad mode in .{1,40} handler detected/,
    title: 'Bad mode in {function}',
  },
  {
    id: 'list-corruption',
    kind: 'fault',
    anchors: ['kernel BUG at '],
    pattern: /kernel BUG at \S{0,200}?lib\/list_debug\.c:\d+!/,
    title: 'BUG: corrupted list in {function}',
  },
  {
    id: 'usercopy',
    kind: 'fault',
    anchors: ['kernel BUG at '],
    pattern: /kernel BUG at \S{0,200}?mm\/usercopy\.c:\d+!/,
    title: 'BUG: bad usercopy in {function}',
    skip: /usercopy|^__check/,
  },
  {
    id: 'kernel-bug',
    kind: 'fault',
    anchors: ['kernel BUG at '],
    pattern: /kernel BUG at [^\s[]\S{0,255}/,
    title: 'kernel BUG in {function}',
  },
  {
    id: 'kernel-bug-terse',
    kind: 'fault',
    anchors: ['Kernel BUG at '],
    pattern: pattern('[Kk]ernel BUG at ', ip),
    title: 'kernel BUG in {function}',
  },
];
