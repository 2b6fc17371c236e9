import { appendFile, writeFile } from 'node:fs/promises';
import { accessSync, constants } from 'node:fs';
import { collect, tempFolder } from '@klpkit-internal/testkit';
import { lastLogSequence, liveRoot, type LogGap, readKernelLog, type ReadKernelLogOptions } from '@klpkit/kernel';
import { describe, expect, test } from 'vitest';

const record = (seq: number, text = `line ${seq}`): string => `6,${seq},${seq * 1000},-;${text}\n`;

interface Bench extends AsyncDisposable {
  readonly path: string;
  read(options?: ReadKernelLogOptions): Promise<string[]>;
}

async function bench(content: string): Promise<Bench> {
  const folder = await tempFolder();
  const path = `${folder.path}/kmsg`;
  await writeFile(path, content);
  const root = { ...liveRoot, kmsg: path };
  const read = (options: ReadKernelLogOptions = {}): Promise<string[]> => collect(readKernelLog({ root, ...options }));
  return { path, read, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe('a log that is not followed', () => {
  test('is read record by record, dictionary lines included', async () => {
    await using log = await bench(`${record(0)}6,1,5,-;usb 1-1: new\n SUBSYSTEM=usb\n DEVICE=c189:1\n${record(2)}`);
    expect(await log.read()).toEqual([
      '6,0,0,-;line 0',
      '6,1,5,-;usb 1-1: new\n SUBSYSTEM=usb\n DEVICE=c189:1',
      '6,2,2000,-;line 2',
    ]);
  });

  test('an empty one ends at once', async () => {
    await using log = await bench('');
    expect(await log.read()).toEqual([]);
    expect(await lastLogSequence({ root: { ...liveRoot, kmsg: log.path } })).toBe(-1);
  });

  test('begins at the sequence number asked for', async () => {
    await using log = await bench([0, 1, 2, 3].map((seq) => record(seq)).join(''));
    expect(await log.read({ from: { seq: 2 } })).toEqual(['6,2,2000,-;line 2', '6,3,3000,-;line 3']);
    expect(await log.read({ from: { seq: 4 } })).toEqual([]);
    expect(await log.read({ from: 'now' })).toEqual([]);
  });

  test('a record that is not whole yet waits for its end', async () => {
    await using log = await bench(`${record(0)}6,1,5,-;half`);
    expect(await log.read()).toEqual(['6,0,0,-;line 0']);
  });

  test('ten thousand records come in order', async () => {
    const count = 10_000;
    await using log = await bench(Array.from({ length: count }, (_, seq) => record(seq)).join(''));
    const lines = await log.read();
    expect(lines.length).toBe(count);
    expect(lines[count - 1]).toBe(`6,${count - 1},${(count - 1) * 1000},-;line ${count - 1}`);
    expect(await lastLogSequence({ root: { ...liveRoot, kmsg: log.path } })).toBe(count - 1);
  });
});

describe('lost records', () => {
  test('are an error, as evidence that is gone must not look clean', async () => {
    await using log = await bench(record(0) + record(5));
    await expect(log.read()).rejects.toMatchObject({ name: 'KernelError', code: 'LOG_OVERRUN' });
    await expect(log.read({ from: { seq: 1 } })).rejects.toMatchObject({ code: 'LOG_OVERRUN' });
  });

  test('or are told to who asks', async () => {
    await using log = await bench(record(3) + record(7));
    const gaps: LogGap[] = [];
    const onGap = (gap: LogGap): void => void gaps.push(gap);
    expect(await log.read({ from: { seq: 1 }, onGap })).toHaveLength(2);
    expect(gaps).toEqual([
      { fromSeq: 1, toSeq: 3 },
      { fromSeq: 4, toSeq: 7 },
    ]);
  });

  test('the oldest record left is no gap to who asks for the oldest', async () => {
    await using log = await bench(record(900));
    expect(await log.read({ from: 'oldest' })).toHaveLength(1);
  });
});

describe('a log that is followed', () => {
  test('gives what comes, and ends by break', async () => {
    await using log = await bench(record(0));
    const seen: string[] = [];
    const options = { root: { ...liveRoot, kmsg: log.path }, from: 'now', follow: true } as const;
    const grow = async (): Promise<void> => {
      await appendFile(log.path, '6,1,5,-;ha');
      await new Promise((resolve) => setTimeout(resolve, 30));
      await appendFile(log.path, `lf\n KEY=v\n${record(2)}`);
    };
    const reader = readKernelLog(options);
    const first = reader.next();
    await grow();
    seen.push(String((await first).value));
    for await (const line of reader) {
      seen.push(line);
      break;
    }
    expect(seen).toEqual(['6,1,5,-;half\n KEY=v', '6,2,2000,-;line 2']);
  });

  test('ends by its signal, with the reason untouched', async () => {
    await using log = await bench(record(0));
    const reason = Symbol('enough');
    const stop = new AbortController();
    const call = log.read({ follow: true, signal: stop.signal });
    setTimeout(() => stop.abort(reason), 20);
    await expect(call).rejects.toBe(reason);
  });
});

describe('hostile and broken logs', () => {
  test.each([
    ['text', 'hello world\n'],
    ['a dictionary line alone', ' KEY=value\n'],
    ['no sequence number', '6,,5,-;x\n'],
    ['a negative one', '6,-1,5,-;x\n'],
    ['one beyond exact integers', '6,99999999999999999999,5,-;x\n'],
    ['a form of dmesg', '[    1.0] text\n'],
  ])('%s is refused', async (_, content) => {
    await using log = await bench(content);
    await expect(log.read()).rejects.toMatchObject({ code: 'UNEXPECTED_SYSFS_VALUE', path: log.path });
  });

  test('a record without end is refused before it fills memory', async () => {
    await using log = await bench('6,0,0,-;'.padEnd(1_000_000, 'x'));
    await expect(log.read()).rejects.toMatchObject({ code: 'UNEXPECTED_SYSFS_VALUE' });
  });

  test('a missing device says what to do', async () => {
    const root = { ...liveRoot, kmsg: '/no/such/kmsg' };
    await expect(collect(readKernelLog({ root }))).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
    await expect(lastLogSequence({ root })).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
  });

  test.each([
    { from: { seq: -1 } },
    { from: { seq: 1.5 } },
    { from: { seq: Number.NaN } },
    { intervalMs: 0 },
    { intervalMs: 1e6 },
  ])('%o is out of range', async (options) => {
    await using log = await bench('');
    await expect(log.read(options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

function deviceIsReadable(): boolean {
  try {
    accessSync(liveRoot.kmsg, constants.R_OK);
    return process.platform === 'linux';
  } catch {
    return false;
  }
}

test.runIf(deviceIsReadable())('the real device is read to its end, without a gap', async () => {
  let count = 0;
  const gaps: LogGap[] = [];
  try {
    for await (const line of readKernelLog({ onGap: (gap) => void gaps.push(gap) })) {
      expect(line).toMatch(/^\d+,\d+,\d+,/);
      count += 1;
    }
    expect(await lastLogSequence()).toBeGreaterThanOrEqual(count - 1);
  } catch (error) {
    // Root in a container may open it and still not read: that is an answer too.
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED' });
  }
});
