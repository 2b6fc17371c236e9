import { describe, expect, it } from 'vitest';
import type { Incident } from './incident.ts';
import { scanKernelText } from './scan.ts';

async function onlyOne(lines: readonly string[]): Promise<Incident> {
  const found: Incident[] = [];
  for await (const incident of scanKernelText([lines.join('\n')])) found.push(incident);
  expect(found).toHaveLength(1);
  const [incident] = found;
  if (incident === undefined) throw new Error('nothing was found');
  return incident;
}

const task = 'CPU: 0 PID: 731 Comm: widgetd Not tainted 6.1.0-9-amd64 #1';

describe('what a title names', () => {
  it('not the function behind one that ends in a call without return', async () => {
    const { title, trace } = await onlyOne([
      'BUG: scheduling while atomic: widgetd/731/0x00000201',
      task,
      'Call Trace:',
      ' dump_stack+0x14d/0x20b',
      ' gadget_reset+0xcb/0xcb',
      ' __schedule_bug+0x10f/0x140',
      ' schedule+0x8f/0x1b0',
      ' widget_wait+0x2a/0x90',
    ]);
    expect(title).toBe('BUG: scheduling while atomic in widget_wait');
    expect(trace).not.toContain('gadget_reset+0xcb/0xcb');
  });

  it('of a recursion what began it, however deep it went', async () => {
    const rounds = Array.from({ length: 200 }, () => [' widget_event+0x1b/0xac', ' widget_notify+0xb5/0x130']).flat();
    const { title, trace } = await onlyOne([
      'BUG: stack guard page was hit at ffffc900190cfff8 (stack is ffffc900190d0000..ffffc900190d7fff)',
      task,
      'RIP: 0010:widget_leaf+0x8/0xb0',
      'Call Trace:',
      ' <TASK>',
      ...rounds,
      ' widget_newlink+0x64/0xa0',
      ' rtnetlink_rcv_msg+0x44e/0xb70',
      ' netlink_rcv_skb+0x153/0x420',
      ' do_syscall_64+0x32/0x50',
      ' </TASK>',
    ]);
    expect(title).toBe('BUG: stack guard page was hit in widget_newlink');
    expect(trace).toHaveLength(64);
    expect(trace[0]).toBe('widget_leaf+0x8/0xb0');
  });

  it('not the allocator that was handed what it cannot free', async () => {
    const { title, rule } = await onlyOne([
      'WARNING: CPU: 1 PID: 731 at mm/slab_common.c:935 free_large_kmalloc+0x34/0x12c',
      task,
      'pc : free_large_kmalloc+0x34/0x12c',
      'Call trace:',
      ' free_large_kmalloc+0x34/0x12c',
      ' kfree+0xf8/0x19c',
      ' widget_resize+0xcec/0x16b4',
    ]);
    expect([rule, title]).toEqual(['warn', 'WARNING in widget_resize']);
  });

  it('the CPU that waits for others, not what those were doing', async () => {
    const { title } = await onlyOne([
      'watchdog: BUG: soft lockup - CPU#2 stuck for 136s! [widgetd:731]',
      'CPU: 2 PID: 731 Comm: widgetd Not tainted 6.1.0-9-amd64 #1',
      'RIP: 0010:__sanitizer_cov_trace_const_cmp4+0xd/0x20',
      'Call Trace:',
      ' smp_call_function_many+0x8d5/0xb10',
      ' on_each_cpu+0x31/0x200',
      ' widget_patch_text+0x101/0x1e5',
      'Sending NMI from CPU 2 to CPUs 1:',
      'NMI backtrace for cpu 1',
      'CPU: 1 PID: 99 Comm: gadgetd Not tainted 6.1.0-9-amd64 #1',
      'Call Trace:',
      ' <IRQ>',
      ' hrtimer_interrupt+0x373/0xd60',
      ' __sysvec_apic_timer_interrupt+0xf0/0x260',
      ' </IRQ>',
      ' asm_sysvec_apic_timer_interrupt+0x12/0x20',
      ' gadget_spin+0x10/0x20',
    ]);
    expect(title).toBe('BUG: soft lockup in smp_call_function');
  });
});
