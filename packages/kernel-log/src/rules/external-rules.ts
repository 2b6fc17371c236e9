import type { LogRule } from '../rule.ts';
import { comm, pattern } from './patterns.ts';

// Format strings: arch/*/kernel/traps.c, arch/x86/mm/fault.c (show_signal_msg), mm/oom_kill.c, mm/page_alloc.c (warn_alloc),
// arch/x86/kernel/cpu/mce/core.c, drivers/edac, drivers/pci/pcie/aer.c, drivers/acpi/apei/ghes.c.

/**
 * Hardware, memory pressure and user space: no patch is to blame. These come first, because the name of a process stands
 * first in some of them: one named like a kernel fault must not look like one.
 */
export const externalRules: readonly LogRule[] = [
  {
    id: 'user-segfault',
    kind: 'external',
    anchors: ['segfault at '],
    pattern: pattern(comm, String.raw`\[(?<pid>\d{1,10})\]: segfault at [0-9a-f]`),
    title: 'segfault in a process',
  },
  {
    id: 'user-segfault-powerpc',
    kind: 'external',
    anchors: ['segfault ('],
    pattern: pattern(comm, String.raw`\[(?<pid>\d{1,10})\]: segfault \(\d+\) at `),
    title: 'segfault in a process',
  },
  {
    id: 'user-unhandled-fault',
    kind: 'external',
    anchors: ['unhandled '],
    pattern: pattern(comm, String.raw`\[(?<pid>\d{1,10})\]: unhandled `),
    title: 'unhandled fault in a process',
  },
  {
    id: 'user-trap',
    kind: 'external',
    anchors: ['traps: '],
    pattern: pattern('traps: ', comm, String.raw`\[(?<pid>\d{1,10})\] (?:general protection|trap )`),
    title: 'trap in a process',
  },
  {
    id: 'user-split-lock',
    kind: 'external',
    anchors: ['x86/split lock detection: '],
    pattern: pattern('x86/split lock detection: #(?:AC|DB): ', comm, String.raw`\/(?<pid>\d{1,10}) took a `),
    title: 'split lock in a process',
  },
  {
    id: 'user-fault-s390',
    kind: 'external',
    anchors: ['User process fault: '],
    pattern: /User process fault: interruption code/,
    title: 'fault in a process',
  },
  {
    id: 'oom-killer',
    kind: 'external',
    anchors: ['invoked oom-killer: '],
    pattern: pattern(comm, ' invoked oom-killer: '),
    title: 'out of memory',
  },
  {
    id: 'oom-kill',
    kind: 'external',
    role: 'follow',
    anchors: ['of memory: Kill'],
    pattern: pattern(
      String.raw`(?:Memory cgroup o|O)ut of memory: Kill(?:ed)? process (?<pid>\d{1,10}) \(`,
      comm,
      String.raw`\)`,
    ),
    title: 'out of memory',
  },
  {
    id: 'oom-constraint',
    kind: 'external',
    role: 'follow',
    anchors: ['oom-kill:constraint='],
    pattern: /oom-kill:constraint=/,
    title: 'out of memory',
  },
  {
    id: 'oom-reaper',
    kind: 'external',
    role: 'follow',
    anchors: ['oom_reaper: reaped process '],
    pattern: /oom_reaper: reaped process /,
    title: 'out of memory',
  },
  {
    id: 'page-allocation-failure',
    kind: 'external',
    anchors: ['allocation failure: '],
    pattern: pattern(comm, ': (?:page|vmalloc) allocation failure: '),
    title: 'page allocation failure',
  },
  {
    id: 'hardware-error',
    kind: 'external',
    anchors: ['[Hardware Error]: ', 'Hardware error from APEI'],
    pattern: /(?:mce: |\{\d{1,9}\}|[\w .:-]{0,40})\[Hardware Error\]: /,
    title: 'hardware error',
  },
  {
    id: 'edac',
    kind: 'external',
    anchors: ['EDAC '],
    pattern: /EDAC \w{1,20}: .{0,80}\b(?:CE|UE)\b/,
    title: 'memory controller error',
  },
  {
    id: 'pcie',
    kind: 'external',
    anchors: ['PCIe Bus Error: '],
    pattern: /[\w .:-]{0,60}PCIe Bus Error: severity=/,
    title: 'PCIe bus error',
  },
];
