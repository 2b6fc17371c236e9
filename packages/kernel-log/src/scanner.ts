import { absorb } from './absorb.ts';
import { closeIncident } from './close-incident.ts';
import type { Incident } from './incident.ts';
import { parseJournalJson } from './journal-json.ts';
import { looksLikeKmsg, parseKmsgRecord } from './kmsg-record.ts';
import type { LivepatchWatch } from './livepatch-watch.ts';
import { createLivepatchWatch } from './livepatch-watch.ts';
import type { LogFormat, LogRecord } from './log-record.ts';
import type { OpenIncident } from './open-incident.ts';
import { addTask, openIncident, takeRule, touch } from './open-incident.ts';
import { relate } from './relate.ts';
import { createRepeats } from './repeats.ts';
import type { RuleMatch, RuleSet } from './rule-set.ts';
import { taskOf } from './task-line.ts';
import { splitTextLine } from './text-record.ts';

/** What a scanner is made for. */
export interface ScannerOptions {
  readonly rules: RuleSet;
  readonly format: 'auto' | LogFormat;
  readonly module: string | undefined;
  readonly loadedSeq: number | undefined;
  readonly all: boolean;
}

/** The scanner itself: lines in, incidents out, nothing waits. Its memory is bounded. */
export interface Scanner {
  /** Reads one line or one /dev/kmsg record. */
  read(line: string): void;
  /** Nothing is open: a text in which `rules.hint` finds nothing can be passed over. */
  idle(): boolean;
  /** The incidents that are complete. */
  take(): Incident[];
  /** Closes what is open: the log has come to an end or a rest. */
  settle(): void;
}

/** Callers whose lines are kept apart at a time. */
const maxOpen = 16;
/** After so long without a line of its own, an incident is complete: with an end marker and without. */
const endedUs = 1_000_000;
const silentUs = 10_000_000;
const endedLines = 60;
const strayLines = 400;
/** No incident is longer than this many lines. */
const maxLines = 5000;

interface State {
  readonly options: ScannerOptions;
  readonly watch: LivepatchWatch;
  readonly keep: ReadonlySet<string>;
  /** By caller; one entry where the log does not tell callers. */
  readonly open: Map<string, OpenIncident>;
  readonly done: Incident[];
  readonly repeated: (incident: Incident) => boolean;
  /** `undefined` before the first line; a stream that begins with /dev/kmsg records holds nothing else. */
  kmsgOnly: boolean | undefined;
}

/** Makes a scanner. */
export function createScanner(options: ScannerOptions): Scanner {
  const state: State = {
    options,
    watch: createLivepatchWatch(options.module),
    keep: new Set(options.module === undefined ? [] : [options.module]),
    open: new Map(),
    done: [],
    repeated: createRepeats(),
    kmsgOnly: options.format === 'auto' ? undefined : options.format === 'kmsg',
  };
  return {
    read: (line) => readLine(state, line),
    idle: () => state.open.size === 0,
    take: () => state.done.splice(0),
    settle: () => {
      for (const key of state.open.keys()) close(state, key);
    },
  };
}

function readLine(state: State, line: string): void {
  if (line === '') return;
  const kmsg = state.options.format !== 'dmesg' && looksLikeKmsg(line);
  state.kmsgOnly ??= kmsg;
  if (kmsg) {
    const record = parseKmsgRecord(line);
    // User space can write to /dev/kmsg, but not with facility 0.
    if (record?.facility === 0) readEntry(state, record);
  } else if (!state.kmsgOnly) {
    readText(state, line);
  }
}

/** A text form can say that another program wrote the line; most say nothing. */
const isKernels = (record: LogRecord): boolean => record.facility === null || record.facility === 0;

/** A journal shows the further lines of one entry behind as many blanks as its stamp, host and program take. */
const furtherLine = ' '.repeat(18);

function readText(state: State, line: string): void {
  const entry = parseJournalJson(line);
  if (entry !== undefined) {
    if (isKernels(entry)) readEntry(state, entry);
    return;
  }
  for (const record of splitTextLine(line)) {
    if (!isKernels(record)) continue;
    if (record.text.startsWith(furtherLine)) continueWith(state, record, record.text);
    else readMessage(state, record, record.text);
  }
}

/**
 * User space may have put newlines into a record, by a task's name or a mount option's. So only the record's first words
 * can begin an incident, and a name with a newline in it does not hide them.
 */
function readEntry(state: State, record: LogRecord): void {
  if (!record.text.includes('\n')) {
    readMessage(state, record, record.text);
    return;
  }
  const text = record.text.replace(/^(?:=*\n)+/, '');
  if (beginWith(state, record, text.replaceAll('\n', ' '))) return;
  for (const message of text.split('\n', 256)) if (message !== '') continueWith(state, record, message);
}

function readMessage(state: State, record: LogRecord, message: string): void {
  if (!beginWith(state, record, message)) continueWith(state, record, message);
}

function beginWith(state: State, record: LogRecord, text: string): boolean {
  const message = text.startsWith(' ') ? text.trimStart() : text;
  if (message.includes('patch') || message.includes('LIVEPATCH')) state.watch.learn(message);
  closeSilent(state, record);
  const match = state.options.rules.match(message);
  if (match === undefined) return false;
  begin(state, record.caller ?? '', match, message, record);
  return true;
}

function begin(state: State, key: string, match: RuleMatch, message: string, record: LogRecord): void {
  // A panic is the whole machine's: it comes out of what any CPU had open.
  const owner = state.open.has(key) || match.rule.kind !== 'panic' ? key : (lastKey(state) ?? key);
  const open = state.open.get(owner);
  const relation = open === undefined ? 'new' : relate(open, match, record);
  if (open === undefined || relation === 'new') {
    if (open !== undefined) close(state, owner);
    if (match.rule.kind === 'external' && !state.options.all) return;
    if (state.open.size >= maxOpen) close(state, state.open.keys().next().value ?? key);
    state.open.set(key, openIncident(match, message, record));
    return;
  }
  if (relation === 'exact') takeRule(open, match, message);
  else join(open, match, relation === 'consequence');
  if (message.startsWith('---[ end ')) open.ended = true;
  touch(open, record);
}

function join(open: OpenIncident, match: RuleMatch, consequence: boolean): void {
  open.number ??= match.groups.number ?? null;
  open.awaitsNumber = open.number === null && (open.awaitsNumber || (consequence && match.rule.kind === 'fault'));
  if (match.groups.pid !== undefined && match.groups.comm !== undefined) {
    addTask(open, taskOf(match.groups.pid, match.groups.comm));
  }
  if (!consequence) return;
  open.consequences++;
  open.stackDone = open.frames.length > 0;
}

function continueWith(state: State, record: LogRecord, message: string): void {
  const key = record.caller ?? '';
  const own = state.open.get(key);
  const target = own === undefined ? askerOf(state, key) : key;
  const open = target === undefined ? undefined : state.open.get(target);
  if (open === undefined || target === undefined) return;
  absorb(open, message, record, state.keep);
  const strayLimit = open.ended ? endedLines : strayLines;
  if (open.strayLines > strayLimit || open.lines > maxLines) close(state, target);
}

/** The incident that asked other CPUs for their stacks: their lines carry their own caller. */
function askerOf(state: State, key: string): string | undefined {
  if (!key.startsWith('C')) return undefined;
  for (const [other, open] of state.open) if (open.askedOthers) return other;
  return undefined;
}

function lastKey(state: State): string | undefined {
  return [...state.open.keys()].at(-1);
}

function closeSilent(state: State, record: LogRecord): void {
  if (record.timeUs === null) return;
  for (const [key, open] of state.open) {
    if (open.lastTimeUs === null) continue;
    if (record.timeUs - open.lastTimeUs > (open.ended ? endedUs : silentUs)) close(state, key);
  }
}

function close(state: State, key: string): void {
  const open = state.open.get(key);
  if (open === undefined) return;
  state.open.delete(key);
  const incident = closeIncident(open, state.watch, state.options);
  if (!state.repeated(incident)) state.done.push(incident);
}
