import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { until } from '../testing/harness.ts';
import type { EventHub, Notice } from './event-hub.ts';
import { type StreamTimes, streamEvents } from './event-stream.ts';

const never = 2 ** 30;
const times: StreamTimes = { gatherMs: 1, heartbeatMs: never, lifetimeMs: never, stuckMs: never };

/** A hub at which every change is everything. */
function fakeHub(): EventHub & { change(): void; readers(): number } {
  const readers = new Set<() => void>();
  let seq = 0;
  return {
    subscribe: (onChange) => {
      readers.add(onChange);
      return () => void readers.delete(onChange);
    },
    since: (id): Notice | undefined => (id === String(seq) ? undefined : { id: String(seq), releases: 'all' }),
    close: () => undefined,
    change: () => {
      seq += 1;
      for (const reader of readers) reader();
    },
    readers: () => readers.size,
  };
}

const read = (out: PassThrough): string => ((out.read() as Buffer | null) ?? '').toString();

describe('an event stream', () => {
  it('begins with where things stand, and goes on with every change', async () => {
    const [hub, out] = [fakeHub(), new PassThrough()];
    streamEvents(hub, out, { lastEventId: undefined, times });
    expect(read(out)).toBe('retry: 2000\n\nid: 0\nevent: change\ndata: {"releases":"all"}\n\n');
    hub.change();
    expect(await until(() => read(out) || undefined)).toBe('id: 1\nevent: change\ndata: {"releases":"all"}\n\n');
    out.destroy();
  });

  it('says nothing to a reader who missed nothing', () => {
    const out = new PassThrough();
    streamEvents(fakeHub(), out, { lastEventId: '0', times });
    expect(read(out)).toBe('retry: 2000\n\n');
    out.destroy();
  });

  it('keeps nothing for a reader who does not read, and tells him in one event afterwards', async () => {
    const [hub, out] = [fakeHub(), new PassThrough({ highWaterMark: 64 })];
    streamEvents(hub, out, { lastEventId: undefined, times });
    for (let index = 0; index < 100; index += 1) {
      hub.change();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    // What was under way when he stopped reading, and not a hundred events.
    expect(out.readableLength + out.writableLength).toBeLessThan(300);
    let text = '';
    out.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until(() => text.includes('id: 100\n'));
    expect(text.match(/event: change/g)?.length).toBeLessThan(20);
    out.destroy();
  });

  it('cuts off a reader who stays away, and forgets him', async () => {
    const [hub, out] = [fakeHub(), new PassThrough({ highWaterMark: 16 })];
    streamEvents(hub, out, { lastEventId: undefined, times: { ...times, stuckMs: 5 } });
    await until(() => out.destroyed);
    await until(() => hub.readers() === 0);
  });

  it('sends a comment now and then, and ends when its time is over', async () => {
    const [hub, out] = [fakeHub(), new PassThrough()];
    streamEvents(hub, out, { lastEventId: '0', times: { ...times, heartbeatMs: 5, lifetimeMs: 200 } });
    let text = '';
    out.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await until(() => out.closed);
    expect(text).toMatch(/^retry: 2000\n\n(:\n\n)+$/);
    expect(hub.readers()).toBe(0);
  });
});
