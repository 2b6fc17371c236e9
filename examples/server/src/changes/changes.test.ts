import { describe, expect, it } from 'vitest';
import { type Change, countsChange, parseChange } from './change.ts';
import { openChanges } from './changes.ts';

/** A database that only notifies. */
function open() {
  let notify: (payload: string | undefined) => void = () => undefined;
  const changes = openChanges({ listen: (_channel, onNotice) => void (notify = onNotice) });
  return { changes, notify: (change: Change | undefined) => notify(change && JSON.stringify(change)) };
}

const counts = (release: string): Change => ({ kind: 'counts', releases: [release] });

describe('a stream of changes', () => {
  it('begins with a reason to read everything, then tells what comes', async () => {
    const { changes, notify } = open();
    const stream = changes.stream()[Symbol.asyncIterator]();
    expect((await stream.next()).value).toEqual({ kind: 'resync' });
    const next = stream.next();
    notify(counts('a-1'));
    notify(counts('b-1'));
    expect((await next).value).toEqual(counts('a-1'));
    expect((await stream.next()).value).toEqual(counts('b-1'));
  });

  it('tells a reader that fell behind to read everything, and keeps no more for it', async () => {
    const { changes, notify } = open();
    const stream = changes.stream()[Symbol.asyncIterator]();
    await stream.next();
    const first = stream.next();
    for (let count = 0; count < 10_000; count += 1) notify(counts(`lp-${count}`));
    const rest: Change[] = [(await first).value as Change];
    const last = counts('lp-9999');
    for (;;) {
      const { value } = (await stream.next()) as { value: Change };
      rest.push(value);
      if (JSON.stringify(value) === JSON.stringify(last)) break;
    }
    expect(rest.length).toBeLessThanOrEqual(257);
    expect(rest[0]).toEqual({ kind: 'resync' });
  });

  it('ends with its signal, with the server, and by break', async () => {
    const { changes, notify } = open();
    const stop = new AbortController();
    const readAll = async (signal?: AbortSignal): Promise<number> => {
      const heard: Change[] = [];
      for await (const change of changes.stream(signal === undefined ? {} : { signal })) heard.push(change);
      return heard.length;
    };
    const [one, two] = [readAll(stop.signal), readAll()];
    for await (const change of changes.stream()) {
      expect(change.kind).toBe('resync');
      break;
    }
    notify(undefined);
    stop.abort();
    expect(await one).toBeGreaterThanOrEqual(1);
    changes.close();
    expect(await two).toBe(2);
  });

  it('takes what it does not know for a reason to look anew', () => {
    expect(parseChange('{"kind":"from the future"}')).toEqual({ kind: 'resync' });
    expect(parseChange('not JSON')).toEqual({ kind: 'resync' });
    expect(JSON.stringify(countsChange(Array.from({ length: 5000 }, (_, n) => `lp-${n}`))).length).toBeLessThan(8000);
  });
});
