import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineLog, createLineSplitter } from './lines.ts';

function split(...chunks: string[]): string[] {
  const lines: string[] = [];
  const splitter = createLineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.flush();
  return lines;
}

describe('a line splitter', () => {
  it('takes the carriage return of a console away, and only one', () => {
    expect(split('a\r\nb\n\r\r\nlast')).toEqual(['a', 'b', '\r', 'last']);
  });

  it('does not depend on where the chunks end', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 20 })), (chunks) => {
        expect(split(...chunks)).toEqual(split(chunks.join('')));
      }),
    );
  });

  it('cuts a line without an end, so that it cannot grow', () => {
    const lines = split('x'.repeat(200_000));
    expect(lines.map((line) => line.length)).toEqual([65_536, 65_536, 65_536, 3_392]);
  });
});

describe('a line log', () => {
  it('gives every reader all lines, early or late, and ends them', async () => {
    const log = createLineLog();
    const read = async (): Promise<string[]> => {
      const lines: string[] = [];
      for await (const line of log) lines.push(line);
      return lines;
    };
    const early = read();
    log.append('one');
    await Promise.resolve();
    log.append('two');
    log.end();
    expect(await early).toEqual(['one', 'two']);
    expect(await read()).toEqual(['one', 'two']);
    expect(log.tail(1)).toEqual(['two']);
  });

  it.each([
    ['long', 'x'.repeat(60_000), 2_000],
    ['empty', '', 1_000_000],
  ])('drops the oldest of endless %s lines', async (_, line, count) => {
    const log = createLineLog();
    for (let n = 0; n < count; n++) log.append(line);
    log.append('last');
    log.end();
    let chars = 0;
    let last = '';
    for await (const kept of log) {
      chars += kept.length + 1;
      last = kept;
    }
    expect(chars).toBeLessThanOrEqual(16 * 1024 * 1024);
    expect(last).toBe('last');
  });
});
