import type { WorkloadKind, WorkloadName } from './workload.ts';

/** A rule of the table: functions whose name fits are called by this work. */
interface Suggestion {
  readonly pattern: RegExp;
  readonly workloads: (match: RegExpExecArray) => readonly WorkloadName[];
}

const always =
  (...names: WorkloadName[]) =>
  (): readonly WorkloadName[] =>
    names;

/**
 * Which work calls functions of which names, by the kernel's own habits of naming. The first rule that fits is taken. It is a guess
 * that costs nothing to be wrong: in the machine it is measured which functions were really called, and what was not reached
 * is tried with all other work too.
 */
const table: readonly Suggestion[] = [
  { pattern: /^(?:livepatch_)?(\w+)_proc_show$/, workloads: ([, file]) => [`read /proc/${file}`] },
  { pattern: /^proc_pid_(\w+)$/, workloads: ([, file]) => [`read /proc/self/${file}`] },
  { pattern: /^show_stat$/, workloads: always('read /proc/stat') },
  { pattern: /^(?:show_map|show_smap|m_start|m_next)/, workloads: always('read /proc/self/smaps') },
  { pattern: /^do_task_stat$/, workloads: always('read /proc/self/stat') },
  { pattern: /^(?:proc_|seq_|pid_|task_)/, workloads: always('proc') },
  { pattern: /^(?:kernfs_|sysfs_|kobj_|dev_attr_|class_)/, workloads: always('sysfs') },
  { pattern: /^(?:tcp_|inet_csk|inet6?_csk|tcpv?[46])/, workloads: always('tcp') },
  { pattern: /^(?:udp|raw_|ping_|icmp)/, workloads: always('udp') },
  { pattern: /^(?:unix_|scm_)/, workloads: always('unix-sockets') },
  {
    pattern:
      /^(?:ip6?_|ipv[46]_|inet|sk_|sock_|skb_|__?skb|napi_|net_|netif_|dev_|loopback_|fib_|dst_|neigh_|nf_|xfrm_|__sys_(?:send|recv|connect|accept|bind|listen|socket))/,
    workloads: always('tcp', 'udp'),
  },
  {
    pattern:
      /(?:^|_)(?:fork|clone|exec|execve|exit|wait4|waitid|kill|pipe2?|tgkill)$|^(?:copy_|kernel_clone|bprm_|load_elf|begin_new_exec|do_exit|do_wait|release_task|send_signal|do_send|get_signal|dequeue_signal|pipe_|exec_|setup_arg|dup_mm|mm_init|wake_up_new)/,
    workloads: always('processes'),
  },
  {
    pattern:
      /^(?:do_mmap|mmap_|__?mmap|vma_|handle_mm|do_anonymous|do_brk|unmap_|zap_|madvise|mprotect|alloc_pages|__alloc_pages|free_pages|kmem_|kmalloc|slab_|__slab|page_|folio_|lru_|rmap_|mm_)/,
    workloads: always('memory', 'processes'),
  },
  {
    pattern:
      /^(?:hrtimer_|timer_|posix_|clock_|do_nanosleep|timerfd_|ktime_|timekeeping_|ep_|epoll|eventfd_|do_epoll|itimer)|(?:nanosleep|clock_gettime|gettimeofday)$/,
    workloads: always('timers', 'tcp'),
  },
  {
    pattern:
      /^(?:vfs_|do_filp|path_|link_path|lookup_|filename_|do_sys_open|ext4_|jbd2_|shmem_|simple_|generic_|iomap_|file_|filp_|filemap_|dentry|d_|__d_|inode|iget|iput|dput|mnt_|ksys_|do_(?:read|write|iter|unlink|rename|mkdir|rmdir|link|symlink|truncate|fsync))|(?:open|openat2?|creat|read|write|pread64|pwrite64|readv|writev|close|stat|newfstatat?|statx|lseek|rename\w*|unlink\w*|mkdir\w*|rmdir|link\w*|symlink\w*|chmod\w*|fchmod\w*|truncate|ftruncate|fsync|getdents\w*|access|utimensat)$/,
    workloads: always('files', 'proc'),
  },
];

/** All there is, for functions that no rule knows and for those that a guess did not reach. */
export const allWorkloads: readonly WorkloadKind[] = [
  'files',
  'proc',
  'processes',
  'tcp',
  'udp',
  'unix-sockets',
  'memory',
  'timers',
  'sysfs',
];

/** The entry that a system call's number leads to carries the architecture in its name; the table does not. */
const withoutPrefix = (name: string): string => name.replace(/^__(?:x64|ia32|arm64|s390x?|do|se)_sys_/, '');

/**
 * Which work calls these functions, as far as their names tell; without doubles, in the order of the functions.
 *
 * @example
 * ```ts
 * import { suggestWorkloads } from '@klpkit/qualify';
 *
 * suggestWorkloads(['cmdline_proc_show', 'tcp_sendmsg']); // ['read /proc/cmdline', 'tcp']
 * ```
 */
export function suggestWorkloads(functions: readonly string[]): readonly WorkloadName[] {
  const names = functions.flatMap((name) => {
    for (const { pattern, workloads } of table) {
      const match = pattern.exec(name) ?? pattern.exec(withoutPrefix(name));
      if (match !== null) return workloads(match);
    }
    return [];
  });
  return [...new Set(names)];
}
