import type { LogRecord } from './log-record.ts';
import { readTextStamp } from './text-stamp.ts';
import type { TextStamp } from './text-stamp.ts';

/** A stamp in the middle of a line: the console put one line behind another without a newline. */
const innerStamp = /\[ *\d{1,10}\.\d{6}\](?:\[ *[TC]\d{1,10}\])? /g;

/** More glued lines than this in one line are not taken apart. */
const maxPieces = 8;

/** How far into a line a glued stamp is looked for. */
const maxGlueOffset = 4096;

/** Reads one line of a text form. */
export function parseTextRecord(line: string): LogRecord | undefined {
  const end = line.endsWith('\r') ? line.length - 1 : line.length;
  if (end === 0) return undefined;
  const stamp = readTextStamp(line);
  if (!stamp.stamped) {
    innerStamp.lastIndex = 0;
    const glued = innerStamp.exec(line.slice(0, maxGlueOffset));
    if (glued !== null) return recordOf(readTextStamp(line, glued.index), line, end);
  }
  return recordOf(stamp, line, end);
}

/** The same, with what the console glued together taken apart: one record a stamp. */
export function splitTextLine(line: string): LogRecord[] {
  const end = line.endsWith('\r') ? line.length - 1 : line.length;
  if (end === 0) return [];
  const records: LogRecord[] = [];
  let stamp = readTextStamp(line);
  innerStamp.lastIndex = stamp.end;
  const head = line.length > maxGlueOffset ? line.slice(0, maxGlueOffset) : line;
  while (records.length < maxPieces) {
    const next = innerStamp.exec(head);
    if (next === null) break;
    if (next.index > stamp.end) records.push(recordOf(stamp, line, next.index));
    stamp = inherit(readTextStamp(line, next.index), stamp);
    innerStamp.lastIndex = stamp.end;
  }
  records.push(recordOf(stamp, line, end));
  return records;
}

/** A line of another program stays that, even if a stamp stands in it. */
function inherit(stamp: TextStamp, before: TextStamp): TextStamp {
  return before.facility === null ? stamp : { ...stamp, facility: before.facility, level: before.level };
}

function recordOf(stamp: TextStamp, line: string, end: number): LogRecord {
  return {
    format: 'dmesg',
    facility: stamp.facility,
    level: stamp.level,
    seq: null,
    timeUs: stamp.timeUs,
    caller: stamp.caller,
    continuation: false,
    text: line.slice(stamp.end, end),
    fields: {},
  };
}
