import type { LogRule } from '../rule.ts';
import { comm, pattern } from './patterns.ts';

// Format strings: kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/tree_stall.h, kernel/rcu/tasks.h, kernel/workqueue.c, kernel/smp.c, net/core/dev.c.

/** Something does not come back. */
export const hangRules: readonly LogRule[] = [
  {
    id: 'soft-lockup',
    kind: 'hang',
    anchors: ['BUG: '],
    pattern: pattern(
      String.raw`(?:NMI watchdog: |watchdog: )?BUG: soft lockup - CPU#(?<cpu>\d{1,5}) stuck for \d{1,10}s!`,
      String.raw`(?: \[(?<comm>.{0,40}):(?<pid>\d{1,10})\])?`,
    ),
    title: 'BUG: soft lockup in {function}',
    pick: 'stall',
  },
  {
    id: 'hard-lockup',
    kind: 'hang',
    anchors: ['LOCKUP'],
    pattern:
      /(?:NMI watchdog: |watchdog: )?(?:Watchdog detected hard LOCKUP on cpu \d{1,5}|CPU \d{1,5} (?:self-)?detected hard LOCKUP)/,
    title: 'hard LOCKUP in {function}',
    pick: 'stall',
  },
  {
    id: 'rcu-stall',
    kind: 'hang',
    anchors: ['INFO: '],
    pattern: /(?:rcu: ?\t?)?INFO: (?:rcu_\w{2,20}|Tasks)? ?(?:self-)?detected (?:expedited )?stalls? on /,
    title: 'INFO: rcu detected stall in {function}',
    skip: /rcu|apic_timer_interrupt/,
    pick: 'stall',
  },
  {
    id: 'rcu-starved',
    kind: 'hang',
    role: 'follow',
    anchors: ['kthread starved for ', 'kthread timer wakeup '],
    pattern:
      /(?:rcu: )?(?:INFO: )?rcu_\w{2,20} kthread (?:starved for|timer wakeup didn't happen for) \d{1,12} jiffies!/,
    title: 'INFO: rcu detected stall in {function}',
    pick: 'stall',
  },
  {
    id: 'hung-task',
    kind: 'hang',
    anchors: ['INFO: '],
    pattern: pattern(
      'INFO: task ',
      comm,
      String.raw`:(?<pid>\d{1,10}) blocked (?:in I\/O wait )?for more than \d{1,10} seconds`,
    ),
    title: 'INFO: task hung in {function}',
    pick: 'hung-task',
  },
  {
    // A name with a newline in it: text forms show the rest as a line of its own.
    id: 'hung-task-split',
    kind: 'hang',
    anchors: ['blocked for more than '],
    pattern: /[^:]{0,40}:(?<pid>\d{1,10}) blocked for more than \d{1,10} seconds\./,
    title: 'INFO: task hung in {function}',
    pick: 'hung-task',
  },
  {
    id: 'unkillable-task',
    kind: 'hang',
    anchors: ['INFO: '],
    pattern: pattern('INFO: task ', comm, String.raw`:(?<pid>\d{1,10}) can't die for more than \d{1,10} seconds`),
    title: "INFO: task can't die in {function}",
    pick: 'hung-task',
  },
  {
    id: 'workqueue-lockup',
    kind: 'hang',
    anchors: ['BUG: '],
    pattern: /(?:watchdog: )?BUG: workqueue lockup - pool/,
    title: 'BUG: workqueue lockup',
  },
  {
    id: 'netdevice-refs',
    kind: 'hang',
    anchors: ['unregister_netdevice: waiting for '],
    pattern: /unregister_netdevice: waiting for \S{1,16} to become free/,
    title: 'unregister_netdevice: waiting for DEV to become free',
  },
  {
    id: 'csd-lock',
    kind: 'hang',
    anchors: ['non-responsive CSD lock'],
    pattern: /(?:smp: )?csd: (?:Detected|Continued) non-responsive CSD lock/,
    title: 'non-responsive CSD lock',
  },
];
