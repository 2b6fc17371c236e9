/** Work that a machine can be given: one round does a little of it, in this thread, and throws where the kernel gave a wrong answer. */
export interface Workload {
  /** Such as `files` or `read /proc/cmdline`. */
  readonly name: string;
  /** What the kernel is asked to do, for people. */
  readonly description: string;
  round(): void | Promise<void>;
}

/** The names of the workloads that come with this package. */
export type WorkloadKind =
  | 'files'
  | 'processes'
  | 'memory'
  | 'tcp'
  | 'udp'
  | 'unix-sockets'
  | 'timers'
  | 'proc'
  | 'sysfs';

/**
 * One work for a machine by name: a {@link WorkloadKind}, or `read PATH` for a single file of /proc or /sys. A string, so that it can
 * be handed to the machine and stand in a report.
 */
export type WorkloadName = WorkloadKind | `read /${string}`;
