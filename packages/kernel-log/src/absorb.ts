import { isHelperFunction } from './helper-functions.ts';
import type { LogRecord } from './log-record.ts';
import type { ModuleList } from './module-list.ts';
import { parseModuleList, parseModuleListRest } from './module-list.ts';
import type { OpenIncident } from './open-incident.ts';
import { addFrame, addTask, maxListed, touch } from './open-incident.ts';
import { parseInstructionPointer, parseStackFrame } from './stack-frame.ts';
import { parseTaskLine } from './task-line.ts';

const traceHeading =
  /^[ \t]*(?:Call [Tt]race:|stack backtrace:|Backtrace:|<(?:TASK|IRQ|NMI|SOFTIRQ|EOI|#\w{1,4}|ENTRY_TRAMPOLINE)>)/;
/** Stacks and lists that are not the failing task's: who allocated and freed, lockdep's history, locks, other CPUs. */
const asideHeading =
  /^[ \t]*(?:Allocated by |Freed by |Allocated:|Freed:|Last potentially related |Second to last |Uninit was |Local variable |The buggy address |Memory state around |the existing dependency chain|-> #\d|other info that might help|the shortest dependencies|Possible unsafe locking|Chain exists of|hardirqs last |softirqs last |Preemption disabled at|last unloaded|write to 0x|read to 0x|read-write to 0x|value changed:|freed by task|allocated by task|INFO: (?:Freed|Allocated) in |Stack depot|page_owner |page last (?:allocated|free))/;
const otherCpus = /^(?:NMI backtrace for cpu|Sending NMI |Task dump for CPU )/;
/** Stacks of tasks that only wait for the one that hangs. */
const otherTask = /^(?:rcu: )?(?:RCU grace-period kthread stack dump|Showing all locks held)/;
const registers =
  /^(?:Code: |RSP: |R[A-Z0-9]{2}: |EAX: |E[A-Z]{2}: |FS: |CS: |DS: |CR[0-9]: |DR[0-9]: |PKRU: |x\d{1,2} ?: |sp : |lr : |pstate: |note: |Hardware name: |PGD |\*pde |#PF: |Mem abort info|Oops: |GPR\d\d: |Krnl |Disabling lock debugging|Tainted: |Workqueue: |irq event stamp)/;

/** Longer messages are cut for all but the module list. */
const maxRead = 2048;

/** Reads a line that begins nothing into the incident that is open. */
export function absorb(open: OpenIncident, message: string, record: LogRecord, keep: ReadonlySet<string>): void {
  open.lines++;
  if (readModuleList(open, message, keep)) {
    touch(open, record);
    return;
  }
  const text = message.length > maxRead ? message.slice(0, maxRead) : message;
  if (readMarker(open, text) || readStack(open, text) || readFacts(open, text) || registers.test(text)) {
    touch(open, record);
  } else {
    open.strayLines++;
  }
}

function readModuleList(open: OpenIncident, message: string, keep: ReadonlySet<string>): boolean {
  const list = parseModuleList(message, keep) ?? (open.inList ? parseModuleListRest(message, keep) : undefined);
  open.inList = list !== undefined;
  if (list === undefined) return false;
  noteModules(open, list);
  return true;
}

function noteModules(open: OpenIncident, list: ModuleList): void {
  open.listSeen = true;
  open.lastUnloaded ??= list.lastUnloaded;
  for (const module of list.kept) {
    if (open.listed.length < maxListed && !open.listed.some((known) => known.name === module.name))
      open.listed.push(module);
  }
}

function readMarker(open: OpenIncident, text: string): boolean {
  if (text.startsWith('---[ end ')) {
    open.ended = true;
    return true;
  }
  // A checker frames its report by two lines of `=`; the second one comes after the stack.
  if (text.startsWith('====================')) {
    if (open.frames.length > 0 && open.rule.report === true) open.ended = true;
    return true;
  }
  if (otherCpus.test(text)) {
    open.askedOthers = true;
    open.section = open.rule.pick === 'stall' ? 'trace' : 'other';
    return true;
  }
  if (otherTask.test(text)) {
    open.section = 'other';
    return true;
  }
  if (traceHeading.test(text)) {
    if (open.section !== 'other' && (open.section !== 'aside' || !text.includes('<'))) open.section = 'trace';
    return true;
  }
  if (open.rule.origin?.test(text) === true) {
    open.inOrigin = true;
    open.section = 'aside';
    return true;
  }
  if (!asideHeading.test(text)) return false;
  open.section = 'aside';
  return true;
}

function readStack(open: OpenIncident, text: string): boolean {
  const pointer = parseInstructionPointer(text);
  if (pointer !== undefined) {
    // After the end marker the kernel repeats the registers of the first oops, whichever this one is.
    if (open.ended || open.stackDone || open.section === 'aside' || open.section === 'other') return true;
    if (open.pointer === null) open.pointer = pointer;
    else if (pointer.frame !== null) addFrame(open, pointer.frame);
    return true;
  }
  const frame = parseStackFrame(text);
  if (frame === undefined) return false;
  if (open.inOrigin && open.section === 'aside' && frame.reliable && !isHelperFunction(frame.function)) {
    open.values.set('function', frame.function);
    open.inOrigin = false;
  }
  const inStack = open.section === 'trace' || (open.section === 'head' && text.includes(' from '));
  if (inStack && frame.reliable && !open.ended && !open.stackDone) addFrame(open, frame);
  readDetails(open, text);
  return true;
}

function readFacts(open: OpenIncident, text: string): boolean {
  const line = parseTaskLine(text);
  if (line !== undefined) {
    // A CPU's own dump begins: it stalls, or was asked.
    if (text.startsWith('CPU: ') && open.section === 'other' && open.rule.pick === 'stall') open.section = 'head';
    if (!open.askedOthers || open.rule.pick === 'stall') addTask(open, line.task);
    open.taint ??= line.taint ?? null;
  }
  return readDetails(open, text) || line !== undefined;
}

function readDetails(open: OpenIncident, text: string): boolean {
  let found = false;
  for (const detail of open.rule.details ?? []) {
    for (const [name, value] of Object.entries(detail.exec(text)?.groups ?? {})) {
      if (value === undefined || open.values.has(name)) continue;
      open.values.set(name, value);
      found = true;
    }
  }
  return found;
}
