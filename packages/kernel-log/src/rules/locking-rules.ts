import type { LogRule } from '../rule.ts';
import { comm, lockdepHead, lockPlace, pattern } from './patterns.ts';

// Format strings: kernel/locking/lockdep.c and spinlock_debug.c, kernel/sched/core.c, kernel/workqueue.c, lib/smp_processor_id.c.

/** What lockdep and the scheduler's checks find. */
export const lockingRules: readonly LogRule[] = [
  {
    id: 'deadlock',
    kind: 'warning',
    anchors: ['WARNING: ', 'INFO: '],
    pattern: pattern(
      lockdepHead,
      '(?:WARNING|INFO): possible (?:(?:circular|recursive) locking(?: dependency)?|irq lock inversion dependency) detected',
    ),
    title: 'possible deadlock in {function}',
    details: [lockPlace],
  },
  {
    // The interrupt handler takes its lock rightly for years; who waits for it with interrupts on differs from report to report.
    id: 'lock-order',
    kind: 'warning',
    anchors: ['WARNING: ', 'INFO: '],
    pattern: pattern(
      lockdepHead,
      String.raw`(?:WARNING|INFO): [A-Z_]{3,30}-safe -> [A-Z_]{3,30}-unsafe lock order detected`,
    ),
    title: 'possible deadlock in {function}',
    origin: /^[ .]*which became [A-Z_]{3,30}-irq-safe at:/,
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
    pattern: pattern(lockdepHead, 'BUG: Invalid wait context'),
    title: 'WARNING: locking bug in {function}',
    details: [lockPlace],
  },
  {
    id: 'lock-class',
    kind: 'warning',
    anchors: ['BUG: '],
    pattern: pattern(lockdepHead, String.raw`BUG: (?<what>looking up invalid subclass|key \S{1,40} not in \.data)`),
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
    pattern:
      /BUG: (?<what>(?:spinlock|rwlock) (?:lockup suspected|cpu-lockup|already unlocked|recursion|cpu recursion|bad magic|wrong owner|wrong CPU|trylock failure on UP))/,
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
    // The kernel writes "BUG: " for nothing harmless; kmemleak's finds are no fault of the moment. A process may be named so:
    // then its number follows within its 15 bytes.
    id: 'bug-other',
    kind: 'warning',
    anchors: ['BUG: '],
    pattern: /BUG: (?!.{0,11} ?[[(/:]\d)(?!memory leak|no syscalls)(?<what>[A-Za-z][^\n]{4,80})/,
    title: 'BUG: {what}',
  },
];
