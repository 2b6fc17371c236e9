import type { LogRecord } from './log-record.ts';
import type { OpenIncident } from './open-incident.ts';
import type { RuleMatch } from './rule-set.ts';

/**
 * What a line that could begin an incident means while another is open.
 *
 * - `new`: the open one is over, this begins the next
 * - `exact`: the same fault, named better
 * - `part`: one more line of the same fault
 * - `consequence`: something that came out of it
 */
export type Relation = 'new' | 'exact' | 'part' | 'consequence';

/** Within this time one round of the hung-task or RCU watchdog names all that hang. */
const roundUs = 2_000_000;

/** A text of WARN() comes within this many lines of its heading. */
const headLines = 12;

/** Says how a match relates to what is open. */
export function relate(open: OpenIncident, match: RuleMatch, record: LogRecord): Relation {
  const { rule } = match;
  if (open.rule.kind === 'external' || rule.kind === 'external') return relateExternal(open, match);
  if (rule.kind === 'panic') return open.rule.kind === 'panic' || rule.id === 'panic-end' ? 'part' : 'consequence';
  const atHead = !open.ended && open.frames.length === 0 && open.lines <= headLines;
  if (open.rule.role === 'lead' && atHead) return rule.id === 'cut-here' ? 'part' : 'exact';
  if (rule.role === 'lead') return atHead && rule.id !== 'cut-here' ? 'part' : 'new';
  if (rule.kind === 'hang' && open.rule.kind === 'hang') return relateHang(open, match, record);
  if (rule.kind === 'fault' && open.rule.kind === 'fault') return relateFault(open, match);
  return 'new';
}

function relateExternal(open: OpenIncident, match: RuleMatch): Relation {
  if (open.rule.kind !== 'external') return open.ended ? 'new' : 'part';
  return match.rule.kind === 'external' && (match.rule.role === 'follow' || match.rule.title === open.rule.title)
    ? 'part'
    : 'new';
}

function relateHang(open: OpenIncident, match: RuleMatch, record: LogRecord): Relation {
  if (match.rule.role === 'follow') return 'part';
  if (open.lastTimeUs === null || record.timeUs === null) return match.rule.id === open.rule.id ? 'part' : 'new';
  return record.timeUs - open.lastTimeUs < roundUs ? 'part' : 'new';
}

/** The kernel counts its oopses, and prints the number after the first lines. */
function relateFault(open: OpenIncident, match: RuleMatch): Relation {
  const number = match.groups.number ?? null;
  if (number !== null && (open.number === number || open.awaitsNumber)) return 'part';
  if (match.rule.id === 'double-fault') return 'consequence';
  if (open.rule.report === true && open.number === null && !open.awaitsNumber) return 'consequence';
  return match.rule.role === 'follow' && open.number === null ? 'part' : 'new';
}
