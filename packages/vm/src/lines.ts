/** A line longer than this is cut into several: nothing that a guest prints may grow without limit here. */
const maxLineChars = 65_536;
/** How many lines a log keeps; the oldest go first. */
const keptLines = 50_000;

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

/** Lines that are kept and can be followed by any number of readers, each from the oldest kept line on. */
export interface LineLog extends AsyncIterable<string> {
  append(line: string): void;
  /** No more lines will come: readers end. */
  end(): void;
  /** The last lines. */
  tail(count: number): readonly string[];
}

export function createLineLog(): LineLog {
  let lines: string[] = [];
  let dropped = 0;
  let ended = false;
  let wake = Promise.withResolvers<void>();
  const notify = (): void => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  return {
    append(line) {
      lines.push(line);
      if (lines.length > keptLines) {
        dropped += lines.length - keptLines / 2;
        lines = lines.slice(-keptLines / 2);
      }
      notify();
    },
    end() {
      ended = true;
      notify();
    },
    tail: (count) => lines.slice(-count),
    async *[Symbol.asyncIterator]() {
      for (let next = 0; ; next++) {
        next = Math.max(next, dropped);
        while (next - dropped >= lines.length) {
          if (ended) return;
          await wake.promise;
        }
        yield lines[next - dropped] ?? '';
      }
    },
  };
}
