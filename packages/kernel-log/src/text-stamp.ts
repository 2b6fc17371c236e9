/** What stands in front of a message in a text form. */
export interface TextStamp {
  readonly facility: number | null;
  readonly level: number | null;
  readonly timeUs: number | null;
  readonly caller: string | null;
  /** Where the message begins in the line. */
  readonly end: number;
  /** A time stamp of any kind was there. */
  readonly stamped: boolean;
}

// Names and order: syslog(3); dmesg -x pads the facility to 6 and the level to 6.
const facilities = 'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp'.split(' ');
const levels = 'emerg alert crit err warn notice info debug'.split(' ');

const rawPriority = /<(\d{1,4})> ?/y;
const decodedPriority = /([a-z0-9]{3,8}) {0,5}: ?(emerg|alert|crit|err|warn|notice|info|debug) {0,3}: ?/y;
const droppedNotice = /\*\* \d+ printk messages dropped \*\* /y;
const monotonic = /\[ *(\d{1,10})\.(\d{6})(?: < *[\d.,]+ ?>)?\](?: |(?=\[)|$)/y;
const delta = /\[ *(?:\+|<) *\d+[.,]\d+>?\](?: |$)/y;
/** `[Tue Nov 24 21:16:57 2026]` and `[Nov24 21:16]`; names are the locale's, so anything without a bracket, with a time of day. */
const calendar = /\[(?:[^[\]\d]{1,24} ?)?[^[\]]{0,24}\b\d{1,2}:\d{2}(?::\d{2})?(?: [^[\]]{1,12})?\](?: |$)/y;
/** dmesg writes the fraction with a comma, journals and syslog daemons without one or with a point. */
const dmesgIso = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2},\d{6}[+-]\d{2}:\d{2}(?: |$)/y;
const journalIso = /\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?(?: |$)/y;
/** syslog: a localised month and a day, a time of day. */
const syslogTime = /[^\s[\]<>:]{1,12} {1,2}\d{1,2} (?:\d{4} )?\d{2}:\d{2}:\d{2}(?:\.\d{1,9})? /y;
/** `journalctl -o short-full` and `with-unit`: a localised day, date and time, the zone's name. */
const journalFull = /[^\s[\]<>:\d]{1,12} \d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d{1,9})? [A-Za-z+-][\w:+-]{0,9} /y;
/** `journalctl -o short-unix`: seconds since 1970. A host and a program must follow, or it may be anything. */
const journalUnix = /\d{9,11}\.\d{6} (?=[\w.-]{1,64} [\w./@-]{1,64}(?:\[\d{1,10}\])?: )/y;
/** Stamps behind which a program is named. */
const daemonStamps = [syslogTime, journalIso, journalFull, journalUnix];
const caller = /\[ *([TC]\d{1,10})\](?: |$)/y;
/** The host's name, perhaps a priority, and the program: only `kernel` speaks for the kernel. */
const program = /(?:[\w.-]{1,64} )?(?:[a-z0-9]{3,8}\.[a-z]{3,7} )?([\w./@-]{1,64})(?:\[\d{1,10}\])?: /iy;

interface Cursor {
  at: number;
  facility: number | null;
  level: number | null;
  timeUs: number | null;
  caller: string | null;
  stamped: boolean;
}

/** Reads all that dmesg(1), consoles and journals put in front of a message, from `start` on. */
export function readTextStamp(line: string, start = 0): TextStamp {
  const cursor: Cursor = { at: start, facility: null, level: null, timeUs: null, caller: null, stamped: false };
  readPriority(line, cursor);
  readTimes(line, cursor);
  return {
    facility: cursor.facility,
    level: cursor.level,
    timeUs: cursor.timeUs,
    caller: cursor.caller,
    end: cursor.at,
    stamped: cursor.stamped,
  };
}

function take(pattern: RegExp, line: string, cursor: Cursor): RegExpExecArray | null {
  pattern.lastIndex = cursor.at;
  const match = pattern.exec(line);
  if (match !== null) cursor.at += match[0].length;
  return match;
}

function readPriority(line: string, cursor: Cursor): void {
  take(droppedNotice, line, cursor);
  const raw = take(rawPriority, line, cursor);
  if (raw !== null) {
    cursor.facility = Math.floor(Number(raw[1]) / 8);
    cursor.level = Number(raw[1]) % 8;
    return;
  }
  const start = cursor.at;
  const decoded = take(decodedPriority, line, cursor);
  if (decoded === null) return;
  const facility = facilityOf(decoded[1] ?? '');
  if (facility === undefined) {
    cursor.at = start;
    return;
  }
  cursor.facility = facility;
  cursor.level = levels.indexOf(decoded[2] ?? '');
}

function facilityOf(name: string): number | undefined {
  const local = /^local([0-7])$/.exec(name);
  if (local !== null) return 16 + Number(local[1]);
  const index = facilities.indexOf(name);
  return index === -1 ? undefined : index;
}

function readTimes(line: string, cursor: Cursor): void {
  if (take(dmesgIso, line, cursor) !== null) {
    cursor.stamped = true;
  } else if (daemonStamps.some((stamp) => take(stamp, line, cursor) !== null)) {
    cursor.stamped = true;
    readProgram(line, cursor);
  }
  // A journal shows the kernel's own stamp inside its own; `journalctl -o short-monotonic` the other way round.
  for (let i = 0; i < 2 && readBracket(line, cursor); i++) {
    cursor.stamped = true;
    if (i === 0) readKernelTag(line, cursor);
  }
}

function readBracket(line: string, cursor: Cursor): boolean {
  if (line.charCodeAt(cursor.at) !== 91) return false;
  const found = take(monotonic, line, cursor);
  if (found !== null) cursor.timeUs = Number(found[1]) * 1_000_000 + Number(found[2]);
  else if (take(delta, line, cursor) === null && take(calendar, line, cursor) === null) return false;
  const who = take(caller, line, cursor);
  if (who !== null) cursor.caller = who[1] ?? null;
  return true;
}

function readProgram(line: string, cursor: Cursor): void {
  const name = take(program, line, cursor);
  // A line of another program is no kernel's word, whatever it says: given the facility of user processes.
  if (name !== null && name[1] !== 'kernel') cursor.facility ??= 1;
}

const kernelTag = /(?:[\w.-]{1,64} )?kernel: /y;

function readKernelTag(line: string, cursor: Cursor): void {
  take(kernelTag, line, cursor);
}
