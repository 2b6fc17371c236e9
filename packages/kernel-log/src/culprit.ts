import { isHelperFunction } from './helper-functions.ts';
import type { LogRule } from './rule.ts';
import type { StackFrame } from './stack-frame.ts';

/** How a system call's function is named by the architectures and versions. */
const syscallPrefix =
  /^(?:__(?:x64|ia32|arm64|s390x?|riscv|powerpc|loongarch)_(?:compat_)?sys_|__(?:se|do)_(?:compat_)?sys_|(?:compat_)?(?:SYSC|SyS)_)/;

/** The caller of these is at the bottom of what looped: dispatchers, and calls through file, socket and timer operations. */
const dispatchers =
  /^(?:process_one_work|worker_thread|do_syscall_|do_fast_syscall_|do_int80_syscall|x64_sys_call|entry_SYSCALL|sysenter_dispatch|tracesys_phase2|el0_svc|invoke_syscall|_*netif_receive_skb|_*do_softirq|_*handle_softirqs|tasklet_(?:hi_)?action|call_timer_fn|_*run_timers|run_timer_softirq|_*hrtimer_run_queues|run_ksoftirqd|smpboot_thread_fn|kthread$|start_secondary|cpu_startup_entry|ret_from_fork|_*vfs_(?:read|write)|vfs_iter_(?:read|write)|ksys_(?:read|write|ioctl|mmap)|do_iter_(?:read|write)|(?:do_)?vfs_ioctl|blkdev_(?:driver_)?ioctl|do_call_(?:read|write)_iter|call_(?:read|write)_iter|new_sync_(?:read|write)|call_mmap|mmap_region|do_mmap|do_dentry_open|vfs_open|sock_(?:sendmsg|recvmsg|release|mmap|do_ioctl|ioctl)|_*sock_release|sock_sendmsg_nosec|compat_sock_ioctl|_*sys_(?:setsockopt|listen|accept)|kernel_(?:setsockopt|listen|accept)|sock_common_setsockopt|sk_common_release|(?:nf|rt)netlink_rcv_msg|(?:compat_)?(?:SYSC|SyS|_*sys|_*do_sys|_*se_sys|_*x64_sys|_*ia32_(?:compat_)?sys)_(?:socketpair|connect|ioctl)|\w{1,80}_compat_ioctl$|_*fput|task_work_run|exit_to_user_?mode)/;

/** Waiting itself says nothing about who should have come. */
const waiting =
  /sched|_lock|_slowlock|down|completion|kthread|wait|synchronize|context_switch|__switch_to|cancel_delayed_work|flush_work|rpm_resume/;

/** The function a title names: the first that is not a helper, chosen as the rule says. */
export function culpritOf(frames: readonly StackFrame[], rule: LogRule): string | undefined {
  const tell = (stack: readonly StackFrame[]): string[] =>
    stack.map((frame) => frame.function).filter((name) => !isSkipped(name, rule));
  const names = tell(frames);
  if (rule.pick === 'hung-task') return waiterOf(names);
  // Other CPUs' stacks may follow, with interrupts of their own.
  if (rule.pick === 'stall') return waitsForOthers(names) ? 'smp_call_function' : loopOf(tell(belowInterrupt(frames)));
  const first = names[0];
  return first === undefined ? undefined : shortName(first);
}

function isSkipped(name: string, rule: LogRule): boolean {
  return isHelperFunction(name) || rule.skip?.test(name) === true;
}

function waiterOf(names: readonly string[]): string | undefined {
  for (const name of names) {
    if (/^_*synchronize_(?:s?rcu|net|sched)/.test(name)) return 'synchronize_rcu';
    if (name.startsWith('rtnl_lock')) return name;
  }
  const found = names.find((name) => !waiting.test(name));
  return found === undefined ? undefined : shortName(found);
}

/** Where an interrupt came in. */
const interruptEntry =
  /^(?:(?:asm_)?_*sysvec_|(?:smp_)?(?:trace_)?apic_timer_interrupt|(?:asm_)?common_interrupt|ret_from_intr|do_IRQ|call_on_irq_stack|el[01]\w*_(?:irq|interrupt)|gic_handle_irq|__irq_svc|timer_interrupt|hardware_interrupt_common|decrementer_common)/;

/** The watchdog at work: the tick that brings it, and how it prints a stack. */
const watchdog =
  /^(?:watchdog_|update_process_times|tick_|_*hrtimer_|nmi_|arch_trigger_|rcu_|sched_show_task|dump_|_*show_|print_other_|unwind_)/;

/** What the watchdog interrupted: where the CPU was, and what stands below the interrupt that brought the watchdog. */
function belowInterrupt(frames: readonly StackFrame[]): readonly StackFrame[] {
  const entry = frames.findIndex((frame) => interruptEntry.test(frame.function));
  if (!frames.slice(0, entry + 1).some((frame) => watchdog.test(frame.function))) return frames;
  const below = frames.findIndex((frame, index) => index > entry && !interruptEntry.test(frame.function));
  if (below === -1) return frames;
  const [top] = frames;
  const wasAt = top === undefined || watchdog.test(top.function) || isHelperFunction(top.function) ? [] : [top];
  return [...wasAt, ...frames.slice(below)];
}

/** A CPU that waits for another one's answer: the caller is whoever happened to ask, the other CPU is what hangs. */
const crossCall = /^smp_call_function/;

function waitsForOthers(names: readonly string[]): boolean {
  return names.slice(0, 3).some((name) => crossCall.test(name));
}

function loopOf(names: readonly string[]): string | undefined {
  if (waitsForOthers(names)) return 'smp_call_function';
  const dispatcher = names.findIndex((name, index) => index > 0 && dispatchers.test(name));
  const found = dispatcher === -1 ? names[0] : names[dispatcher - 1];
  return found === undefined ? undefined : shortName(found);
}

function shortName(name: string): string {
  const bare = name.replace(syscallPrefix, '');
  return bare !== name && name.startsWith('__') ? `sys_${bare}` : bare;
}
