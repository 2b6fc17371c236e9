/** A line longer than this is cut into several: nothing that a guest prints may grow without limit here. */
const maxLineChars = 65_536;
/** How many characters are kept of what a guest prints; the oldest lines go first. */
const keptChars = 16 * 1024 * 1024;
/** What an empty line counts, so that lines of nothing are bounded too. */
const lineCost = 64;

/** Cuts a stream of text into lines. A carriage return before the end belongs to the console, not to the line. */
export function createLineSplitter(onLine: (line: string) => void): { push(text: string): void; flush(): void } {
  let rest = '';
  const emit = (line: string): void => onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
  return {
    push(text) {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      for (const line of parts) emit(line);
      for (; rest.length > maxLineChars; rest = rest.slice(maxLineChars)) emit(rest.slice(0, maxLineChars));
    },
    flush() {
      if (rest !== '') emit(rest);
      rest = '';
    },
  };
}

/** The last lines of a stream, bounded. */
export interface KeptLines {
  /** Oldest first. */
  readonly lines: readonly string[];
  /** How many were dropped before the first of `lines`. */
  readonly dropped: number;
  push(line: string): void;
}

export function createKeptLines(): KeptLines {
  let lines: string[] = [];
  let dropped = 0;
  let cost = 0;
  /** Halves what is kept, so that each line is moved a bounded number of times. */
  const shrink = (): void => {
    let from = 0;
    for (; cost > keptChars / 2; from++) cost -= (lines[from]?.length ?? 0) + lineCost;
    lines = lines.slice(from);
    dropped += from;
  };
  return {
    get lines() {
      return lines;
    },
    get dropped() {
      return dropped;
    },
    push(line) {
      lines.push(line);
      cost += line.length + lineCost;
      if (cost > keptChars) shrink();
    },
  };
}

/** Lines that are kept and can be followed by any number of readers, each from the oldest kept line on. */
export interface LineLog extends AsyncIterable<string> {
  append(line: string): void;
  /** No more lines will come: readers end. */
  end(): void;
  /** The last lines. */
  tail(count: number): readonly string[];
}

export function createLineLog(): LineLog {
  const kept = createKeptLines();
  let ended = false;
  let wake = Promise.withResolvers<void>();
  const notify = (): void => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  return {
    append(line) {
      kept.push(line);
      notify();
    },
    end() {
      ended = true;
      notify();
    },
    tail: (count) => kept.lines.slice(-count),
    async *[Symbol.asyncIterator]() {
      for (let next = 0; ; next++) {
        next = Math.max(next, kept.dropped);
        while (next - kept.dropped >= kept.lines.length) {
          if (ended) return;
          await wake.promise;
        }
        yield kept.lines[next - kept.dropped] ?? '';
      }
    },
  };
}
