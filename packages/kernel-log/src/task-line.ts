import type { IncidentTask } from './incident.ts';

/** `CPU: 0 [UID: 0] PID: 134 Comm: cat Tainted: G  O  K  6.1.0 #1`: the last `ainted` counts, since a task may be named after it. */
const cpuLine =
  /^CPU: \d{1,5} (?:UID: \d{1,10} )?PID: (-?\d{1,10}) Comm: (.{0,40}?)(?: Kdump: loaded)? (?:Not tainted|Tainted: ([A-Z](?: *[A-Z])*) )(?!.*(?:Not t|T)ainted)/;

/** Other places where the kernel names the task it talks about. */
const taskLines = [
  /^task:(?<comm>.{1,40}?) +state:\S+ .{0,60}?pid:(?<pid>\d{1,10})\b/,
  /^Process (?<comm>.{1,40}?) \(pid: (?<pid>\d{1,10})[,)]/,
  /^(?:Read|Write|Free|Tag mismatch|Bad access) (?:of size \d+ )?(?:at addr \S+ )?by task (?<comm>.{1,40}?)\/(?<pid>\d{1,10})$/,
  /^in_atomic\(\): .{0,80}\bpid: (?<pid>\d{1,10}), name: (?<comm>.{1,40})$/,
  /^(?<comm>.{1,40}?)\/(?<pid>\d{1,10}) (?:is trying to |just changed the state of lock|takes|is freeing memory|is leaving the kernel)/,
];

/** What a line tells about the task that failed. */
export interface TaskLine {
  readonly task: IncidentTask;
  /** Taint letters without blanks and without G, which marks no taint; `undefined` where the line does not speak of it. */
  readonly taint: string | undefined;
}

/** Reads a line that names the failing task. */
export function parseTaskLine(text: string): TaskLine | undefined {
  if (text.startsWith('CPU: ')) {
    const match = cpuLine.exec(text.slice(0, 300));
    if (match === null) return undefined;
    return { task: taskOf(match[1], match[2]), taint: (match[3] ?? '').replace(/[ G]/g, '') };
  }
  for (const pattern of taskLines) {
    const groups = pattern.exec(text.slice(0, 200))?.groups;
    if (groups !== undefined) return { task: taskOf(groups.pid, groups.comm), taint: undefined };
  }
  return undefined;
}

/** A task from a pid and a name in decimal and text; comm has 15 bytes, kernel threads' descriptions a little more. */
export function taskOf(pid: string | undefined, comm: string | undefined): IncidentTask {
  return { pid: Number(pid ?? 0), comm: (comm ?? '').slice(0, 40) };
}
