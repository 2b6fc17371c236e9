import type { ListedModule } from './incident.ts';

const heading = 'Modules linked in:';
const maxKept = 64;

/** What is kept of the line `Modules linked in:`; a hostile line may name thousands. */
export interface ModuleList {
  /** Livepatches (letter K), modules that come or go, and those `keep` names. */
  readonly kept: readonly ListedModule[];
  /** Livepatch that was unloaded last. */
  readonly lastUnloaded: string | null;
}

const entry = /(\[last unloaded: )?([A-Za-z0-9_-]{1,64})(?:\(([A-Z]{0,20})([+-]?)\))?(?::\d+)?\]?(?= |$)/y;

/** Reads the first line of a module list; `undefined` for any other line. */
export function parseModuleList(text: string, keep: ReadonlySet<string>): ModuleList | undefined {
  if (!text.startsWith(heading)) return undefined;
  return readEntries(text, heading.length, keep);
}

/** Reads a further record of a list that was too long for one: it begins with a blank and holds nothing but modules. */
export function parseModuleListRest(text: string, keep: ReadonlySet<string>): ModuleList | undefined {
  if (!text.startsWith(' ') || text.includes('+0x') || !/^ [A-Za-z0-9_[-]/.test(text)) return undefined;
  return readEntries(text, 0, keep);
}

function readEntries(text: string, start: number, keep: ReadonlySet<string>): ModuleList {
  const kept: ListedModule[] = [];
  let lastUnloaded: string | null = null;
  for (let at = start; at < text.length; ) {
    if (text.charCodeAt(at) === 32) {
      at++;
      continue;
    }
    entry.lastIndex = at;
    const match = entry.exec(text);
    if (match === null) break;
    at += match[0].length;
    const [, unloaded, name = '', taint = '', mark = ''] = match;
    if (unloaded !== undefined) {
      if (taint.includes('K') || keep.has(name)) lastUnloaded = name;
    } else if (kept.length < maxKept && (taint.includes('K') || mark !== '' || keep.has(name))) {
      kept.push({ name, taint, state: mark === '+' ? 'loading' : mark === '-' ? 'unloading' : 'live' });
    }
  }
  return { kept, lastUnloaded };
}
