/** Keeps the end of a text that is longer than one wants to keep. */
export interface Tail {
  add(line: string): void;
  /** What is kept; no longer than the limit. */
  text(): string;
}

/** A tail of at most `max` characters. Each line costs its own length, however many there are. */
export function createTail(max: number): Tail {
  let lines: string[] = [];
  let length = 0;
  const kept = (): string => lines.join('\n').slice(-max);
  return {
    add(line) {
      lines.push(line);
      length += line.length + 1;
      // Put together only when it has doubled: that is seldom enough to cost nothing for each line.
      if (length > 2 * max + 1) {
        lines = [kept()];
        length = max;
      }
    },
    text: () => (max === 0 ? '' : kept()),
  };
}
