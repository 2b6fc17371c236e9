import type { LogRule } from '../rule.ts';
import { ip, pattern } from './patterns.ts';

// Format strings: kernel/panic.c (__warn), lib/refcount.c, arch/x86/mm/extable.c, arch/x86/kernel/unwind_frame.c.

/**
 * `WARNING: CPU: 0 PID: 1 at file:line func`; since 6.19 `WARNING: [condition] file:line at func, CPU#0: comm/1`, the condition
 * left out on some architectures; of old `WARNING: at file:line func`.
 */
function warnAt(file: string, func = '', anyFunction = true): RegExp {
  const before = String.raw`WARNING: CPU: \d{1,5} PID: (?<pid>-?\d{1,10}) at ${file}:\d+ `;
  const after = String.raw`WARNING: (?:\[.{1,300}\] )?${file}:\d+ at `;
  const since = anyFunction ? `(?:${ip})?` : `(?=${func})${ip}`;
  return new RegExp(`(?:${before}|${after}|WARNING: at ${file}:\\d+ )${since}`);
}

/** WARN() of code whose callers are the culprit. */
export const specialWarnRules: readonly LogRule[] = [
  {
    id: 'warn-debug-objects',
    kind: 'warning',
    anchors: ['WARNING: '],
    pattern: warnAt(String.raw`\S{0,200}?lib\/debugobjects\.c`),
    title: 'WARNING: ODEBUG bug in {function}',
    skip: /^(?:debug_|__debug_|.*rcu|hrtimer_|timer_|.*work_|percpu_|kmem_|slab_|kfree|vunmap|vfree|__free_|kobject_)/,
  },
  {
    id: 'warn-refcount',
    kind: 'warning',
    anchors: ['WARNING: '],
    pattern: warnAt(String.raw`\S{0,200}?lib\/refcount\.c`),
    title: 'WARNING: refcount bug in {function}',
    skip: /refcount|^kobject_/,
  },
  {
    id: 'warn-kobject',
    kind: 'warning',
    anchors: ['WARNING: '],
    pattern: warnAt(String.raw`\S{0,200}?lib\/kobject\.c`),
    title: 'WARNING: kobject bug in {function}',
    skip: /^kobject_/,
  },
  {
    id: 'warn-usercopy',
    kind: 'warning',
    anchors: ['WARNING: '],
    pattern: warnAt(String.raw`\S{0,200}?mm\/usercopy\.c`),
    title: 'WARNING: bad usercopy in {function}',
    skip: /usercopy|^__check/,
  },
  {
    id: 'warn-proc',
    kind: 'warning',
    anchors: ['WARNING: '],
    pattern: warnAt(String.raw`\S{0,200}?fs\/proc\/generic\.c`),
    title: 'WARNING: proc registration bug in {function}',
    skip: /^_?proc_|remove_proc/,
  },
  {
    id: 'warn-lockdep',
    kind: 'warning',
    anchors: ['WARNING: '],
    pattern: warnAt(String.raw`\S{0,200}?kernel\/locking\/lockdep\.c`),
    title: 'WARNING: locking bug in {function}',
    skip: /^(?:lock_sock|release_sock)/,
  },
  {
    id: 'warn-allocation',
    kind: 'warning',
    anchors: ['WARNING: '],
    pattern: warnAt(String.raw`\S{0,200}?mm\/[\w/]{1,40}\.c`, String.raw`(?!free_)\w{0,20}k[a-z]?[a-z]?malloc`, false),
    title: 'WARNING: kmalloc bug in {function}',
    skip: /kmalloc|kcalloc|kzalloc|krealloc|vmalloc|slab|kmem/,
  },
  {
    id: 'warn-vmalloc-size',
    kind: 'warning',
    anchors: ['WARNING: '],
    pattern: warnAt(String.raw`\S{0,200}?mm\/vmalloc\.c`, String.raw`__vmalloc_node_range`, false),
    title: 'WARNING: zero-size vmalloc in {function}',
    skip: /vmalloc|vzalloc/,
  },
  {
    id: 'warn-urb',
    kind: 'warning',
    anchors: ['WARNING: '],
    pattern: warnAt(String.raw`\S{1,255}?`, 'usb_submit_urb', false),
    title: 'WARNING in {function}/usb_submit_urb',
    skip: /^usb_(?:submit_urb|start_wait_urb|bulk_msg|interrupt_msg|control_msg)/,
  },
];

/** All other WARN(), and what stands before one. */
export const warnRules: readonly LogRule[] = [
  ...specialWarnRules,
  {
    id: 'warn',
    kind: 'warning',
    anchors: ['WARNING: '],
    pattern: warnAt(String.raw`\S{1,255}?`),
    title: 'WARNING in {function}',
  },
  {
    // Kernels without CONFIG_DEBUG_BUGVERBOSE know no file.
    id: 'warn-terse',
    kind: 'warning',
    anchors: ['WARNING: '],
    pattern: pattern(String.raw`WARNING: (?:CPU: \d{1,5} PID: (?<pid>-?\d{1,10}) )?at `, ip),
    title: 'WARNING in {function}',
  },
  {
    id: 'refcount',
    kind: 'warning',
    role: 'lead',
    anchors: ['refcount_t: '],
    pattern:
      /refcount_t: (?:saturated; leaking memory|addition on 0; use-after-free|underflow; use-after-free|decrement hit 0; leaking memory)/,
    title: 'WARNING: refcount bug in {function}',
    skip: /refcount|^kobject_/,
  },
  {
    id: 'cut-here',
    kind: 'warning',
    role: 'lead',
    anchors: ['------------[ cut here ]'],
    pattern: /-{12}\[ cut here \]-{12}/,
    title: 'WARNING in {function}',
  },
  {
    // A console that lost the rest of the line.
    id: 'header-truncated',
    kind: 'warning',
    role: 'lead',
    anchors: ['BUG:', 'WARNING:', 'INFO:'],
    pattern: /(?<what>BUG|WARNING|INFO):[ \t]*$/,
    title: '{what}',
  },
  {
    id: 'msr-access',
    kind: 'warning',
    anchors: ['MSR access error: '],
    pattern: pattern(
      String.raw`(?:unchecked )?MSR access error: (?:WRMSR to|RDMSR from) 0x[0-9a-f]{1,8}.{0,80}? at rIP: \S{1,20} \(`,
      `(?:${ip})?`,
    ),
    title: 'unchecked MSR access error in {function}',
  },
  {
    id: 'stack-unwind',
    kind: 'warning',
    anchors: ['WARNING: '],
    pattern: /WARNING: kernel stack (?<what>regs|frame pointer) .{1,80} has bad (?:'(?<which>\w{1,8})' )?value/,
    title: 'WARNING: kernel stack {what} has bad value',
  },
];
