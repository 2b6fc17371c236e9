import type { IncidentTask, ListedModule } from './incident.ts';
import type { LogRecord } from './log-record.ts';
import type { LogRule } from './rule.ts';
import type { RuleMatch } from './rule-set.ts';
import type { InstructionPointer, StackFrame } from './stack-frame.ts';
import { parseSymbol } from './stack-frame.ts';
import { taskOf } from './task-line.ts';

/** Bounds of one incident, so that no log can make it large. */
export const maxFrames = 64;
/** Of a stack that is deeper, so many frames of its bottom are kept. */
const keptBottom = 16;
export const maxTasks = 16;
export const maxListed = 64;

/** An incident whose lines still come. Changed by `absorb.ts` and `relate.ts` only. */
export interface OpenIncident {
  rule: LogRule;
  /** Values for the title. */
  readonly values: Map<string, string>;
  line: string;
  readonly first: LogRecord;
  lastSeq: number | null;
  lastTimeUs: number | null;
  /** `head` until a stack begins; `aside` in a list that is not the failing task's stack, `other` in another task's stack. */
  section: 'head' | 'trace' | 'aside' | 'other';
  /** The end marker came: what follows may be a consequence, but tells no more of this one. */
  ended: boolean;
  number: string | null;
  /** The first lines of an oops came, the one with its number did not yet. */
  awaitsNumber: boolean;
  pointer: InstructionPointer | null;
  readonly frames: StackFrame[];
  readonly tasks: IncidentTask[];
  taint: string | null;
  listSeen: boolean;
  /** The line before was a module list, so that a further one may belong to it. */
  inList: boolean;
  readonly listed: ListedModule[];
  lastUnloaded: string | null;
  consequences: number;
  /** Other CPUs were asked for their stacks. */
  askedOthers: boolean;
  /** The stack that the rule's `origin` announces begins, and its telling function did not come yet. */
  inOrigin: boolean;
  /** The failing task's stack is read: a consequence prints one of its own. */
  stackDone: boolean;
  /** Lines seen since the last one that belonged to it, and since its start. */
  strayLines: number;
  lines: number;
}

/** Begins an incident with the line that named it. */
export function openIncident(match: RuleMatch, message: string, record: LogRecord): OpenIncident {
  const open: OpenIncident = {
    rule: match.rule,
    values: new Map(),
    line: '',
    first: record,
    lastSeq: record.seq,
    lastTimeUs: record.timeUs,
    section: 'head',
    ended: false,
    number: null,
    awaitsNumber: false,
    pointer: null,
    frames: [],
    tasks: [],
    taint: null,
    listSeen: false,
    inList: false,
    listed: [],
    lastUnloaded: null,
    consequences: 0,
    askedOthers: false,
    inOrigin: false,
    stackDone: false,
    strayLines: 0,
    lines: 0,
  };
  takeRule(open, match, message);
  return open;
}

/** Makes a rule and what it found the incident's own. */
export function takeRule(open: OpenIncident, match: RuleMatch, message: string): void {
  open.rule = match.rule;
  open.line = message.slice(0, 512);
  open.values.clear();
  for (const [name, value] of Object.entries(match.groups)) {
    if (value !== undefined) open.values.set(name, value);
  }
  open.number ??= match.groups.number ?? null;
  open.awaitsNumber = match.rule.kind === 'fault' && match.rule.report !== true && open.number === null;
  const frame = match.groups.ip === undefined ? undefined : parseSymbol(match.groups.ip);
  if (frame !== undefined) {
    open.pointer = { frame };
    open.section = 'trace'; // some memory checkers print no heading above the stack
  }
  if (match.groups.pid !== undefined && match.groups.comm !== undefined) {
    addTask(open, taskOf(match.groups.pid, match.groups.comm));
  }
}

/** Notes a function of the failing task's stack. Of a very deep one the middle is left out: both ends tell more. */
export function addFrame(open: OpenIncident, frame: StackFrame): void {
  if (open.frames.length >= maxFrames) open.frames.splice(maxFrames - keptBottom, 1);
  open.frames.push(frame);
}

/** Notes a task once. */
export function addTask(open: OpenIncident, task: IncidentTask): void {
  if (open.tasks.length >= maxTasks || open.tasks.some((known) => known.pid === task.pid)) return;
  open.tasks.push(task);
}

/** Notes that a line belongs to the incident. */
export function touch(open: OpenIncident, record: LogRecord): void {
  open.strayLines = 0;
  open.lastSeq = record.seq ?? open.lastSeq;
  open.lastTimeUs = record.timeUs ?? open.lastTimeUs;
}
