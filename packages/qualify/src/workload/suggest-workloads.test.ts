import { expect, it } from 'vitest';
import { suggestWorkloads } from './suggest-workloads.ts';

it.each([
  ['cmdline_proc_show', ['read /proc/cmdline']],
  ['meminfo_proc_show', ['read /proc/meminfo']],
  ['proc_pid_status', ['read /proc/self/status']],
  ['tcp_sendmsg_locked', ['tcp']],
  ['udp_recvmsg', ['udp']],
  ['unix_stream_connect', ['unix-sockets']],
  ['__skb_clone', ['tcp', 'udp']],
  ['__x64_sys_renameat2', ['files', 'proc']],
  ['__x64_sys_execve', ['processes']],
  ['__x64_sys_clock_nanosleep', ['timers', 'tcp']],
  ['copy_process', ['processes']],
  ['ext4_file_write_iter', ['files', 'proc']],
  ['do_anonymous_page', ['memory', 'processes']],
  ['kernfs_iop_lookup', ['sysfs']],
  ['bond_enslave', []],
])('%s is called by %j', (name, workloads) => {
  expect(suggestWorkloads([name])).toEqual(workloads);
});

it('several functions have their work once each, in their order', () => {
  expect(suggestWorkloads(['udp_sendmsg', 'unix_bind', 'udp_recvmsg'])).toEqual(['udp', 'unix-sockets']);
});

it('a name as long as the kernel allows takes no time', () => {
  expect(suggestWorkloads(['a_'.repeat(256)])).toEqual([]);
});
