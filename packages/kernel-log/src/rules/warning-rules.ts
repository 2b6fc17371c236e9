import type { LogRule } from '../rule.ts';
import { comm, ip, lockdepHead, lockPlace, pattern } from './patterns.ts';

// Format strings: kernel/panic.c (__warn), kernel/locking/lockdep.c, kernel/sched/core.c, kernel/workqueue.c, lib/refcount.c.

/** `WARNING: CPU: 0 PID: 1 at file:line func`, since 6.19 `WARNING: file:line at func, CPU#0: comm/1`, of old `WARNING: at file:line`. */
function warnAt(file: string, func = '', anyFunction = true): RegExp {
  const before = String.raw`WARNING: CPU: \d{1,5} PID: (?<pid>-?\d{1,10}) at ${file}:\d+ `;
  const after = String.raw`WARNING: ${file}:\d+ at `;
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
    pattern: warnAt(String.raw`\S{0,200}?mm\/[\w/]{1,40}\.c`, String.raw`\w{0,20}k[a-z]?[a-z]?malloc`, false),
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
    pattern: /refcount_t: (?:saturated; leaking memory|addition on 0; use-after-free|underflow; use-after-free|decrement hit 0; leaking memory)/,
    title: 'WARNING: refcount bug in {function}',
    skip: /refcount|^kobject_/,
  },
  {
    id: 'cut-here',
    kind: 'warning',
    role: 'lead',
    anchors: ['--------[ cut here ]', '------------[ cut here ]'],
    pattern: /-{8,16}\[ cut here \]-{8,16}/,
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
    pattern: pattern(String.raw`(?:unchecked )?MSR access error: (?:WRMSR to|RDMSR from) 0x[0-9a-f]{1,8}.{0,80}? at rIP: \S{1,20} \(`, `(?:${ip})?`),
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

/** What lockdep and the scheduler's checks find. */
export const lockingRules: readonly LogRule[] = [
  {
    id: 'deadlock',
    kind: 'warning',
    anchors: ['WARNING: ', 'INFO: '],
    pattern: pattern(
      lockdepHead,
      '(?:WARNING|INFO): (?:possible (?:circular|recursive) locking(?: dependency)?|possible irq lock inversion dependency|',
      String.raw`[A-Z_]{3,30}-safe -> [A-Z_]{3,30}-unsafe lock order) detected`,
    ),
    title: 'possible deadlock in {function}',
    details: [lockPlace],
  },
  {
    id: 'inconsistent-lock',
    kind: 'warning',
    anchors: ['WARNING: ', 'INFO: '],
    pattern: pattern(lockdepHead, '(?:WARNING|INFO): inconsistent lock state'),
    title: 'inconsistent lock state in {function}',
    details: [lockPlace],
  },
  {
    id: 'rcu-usage',
    kind: 'warning',
    anchors: ['WARNING: ', 'INFO: '],
    pattern: pattern(lockdepHead, '(?<what>WARNING|INFO): suspicious RCU usage'),
    title: '{what}: suspicious RCU usage in {function}',
    skip: /rcu|kmem|slab|kmalloc|vmalloc|kcalloc|kzalloc/,
  },
  {
    id: 'unlock-balance',
    kind: 'warning',
    anchors: ['WARNING: ', 'BUG: '],
    pattern: pattern(lockdepHead, '(?<what>WARNING|BUG): bad unlock balance detected!'),
    title: '{what}: bad unlock balance in {function}',
    details: [/^ ?\[?<?(?:[0-9a-f]{8,16}>\] )?(?<function>[A-Za-z_]\w{0,511})[.+]/],
  },
  {
    id: 'held-lock-freed',
    kind: 'warning',
    anchors: ['WARNING: ', 'BUG: '],
    pattern: pattern(lockdepHead, '(?<what>WARNING|BUG): held lock freed!'),
    title: '{what}: held lock freed in {function}',
    details: [lockPlace],
  },
  {
    id: 'lock-held-at-exit',
    kind: 'warning',
    anchors: ['WARNING: ', 'BUG: '],
    pattern: pattern(
      lockdepHead,
      '(?<what>WARNING|BUG): (?:(?<where>lock held when returning to user space)!|',
      String.raw`.{1,50}\/\d+ (?<still>still has locks held)!)`,
    ),
    title: '{what}: {where} {still} in {function}',
    details: [lockPlace],
  },
  {
    id: 'lockdep-key',
    kind: 'warning',
    anchors: ['INFO: '],
    pattern: /INFO: trying to register non-static key/,
    title: 'INFO: trying to register non-static key in {function}',
    skip: /stack|lock|IRQ/,
  },
  {
    id: 'lock-context',
    kind: 'warning',
    anchors: ['BUG: '],
    pattern: pattern(lockdepHead, String.raw`BUG: (?<what>Invalid wait context|looking up invalid subclass|key \S{1,40} not in \.data)`),
    title: 'BUG: {what} in {function}',
    details: [lockPlace],
  },
  {
    id: 'nested-lock',
    kind: 'warning',
    anchors: ['WARNING: ', 'BUG: '],
    pattern: pattern(lockdepHead, '(?:WARNING|BUG): [Nn]ested lock was not taken'),
    title: 'WARNING: nested lock was not taken in {function}',
    details: [lockPlace],
  },
  {
    id: 'spinlock',
    kind: 'warning',
    anchors: ['BUG: '],
    pattern: /BUG: (?<what>(?:spinlock|rwlock) (?:lockup suspected|cpu-lockup|already unlocked|recursion|cpu recursion|bad magic|wrong owner|wrong CPU|trylock failure on UP))/,
    title: 'BUG: {what} in {function}',
    skip: /spin_|rwlock/,
  },
  {
    id: 'scheduling-while-atomic',
    kind: 'warning',
    anchors: ['BUG: '],
    pattern: pattern('BUG: scheduling while atomic: ', comm, String.raw`\/(?<pid>\d{1,10})\/0x[0-9a-f]{1,8}`),
    title: 'BUG: scheduling while atomic in {function}',
    skip: /^(?:__)?schedule/,
  },
  {
    id: 'sleeping-in-atomic',
    kind: 'warning',
    anchors: ['BUG: '],
    pattern: /BUG: sleeping function called from invalid context at /,
    title: 'BUG: sleeping function called from invalid context in {function}',
    skip: /might_(?:sleep|resched|fault)/,
  },
  {
    id: 'preemptible',
    kind: 'warning',
    anchors: ['BUG: '],
    pattern: /BUG: using (?<what>\w{3,40}\(\)) in preemptible/,
    title: 'BUG: using {what} in preemptible code in {function}',
    skip: /preempt|smp_processor_id/,
  },
  {
    id: 'workqueue-leak',
    kind: 'warning',
    anchors: ['BUG: '],
    pattern: /BUG: workqueue leaked (?:lock or atomic|atomic, lock or RCU): /,
    title: 'BUG: workqueue leaked lock or atomic in {function}',
    details: [/last function: (?<function>[A-Za-z_]\w{0,200})/],
  },
  {
    id: 'lockdep-limit',
    kind: 'warning',
    anchors: ['BUG: '],
    pattern: /BUG: (?<what>MAX_[A-Z_]{3,40} too low!)/,
    title: 'BUG: {what}',
  },
  {
    // The kernel writes "BUG: " for nothing harmless; kmemleak's finds are no fault of the moment.
    id: 'bug-other',
    kind: 'warning',
    anchors: ['BUG: '],
    pattern: /BUG: (?!memory leak|no syscalls|K[A-Z]{2,5}SAN: |KFENCE: |soft lockup|workqueue lockup)(?<what>[A-Za-z][^\n]{4,80})/,
    title: 'BUG: {what}',
  },
];
