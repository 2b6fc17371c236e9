import { setImmediate } from 'node:timers/promises';
import { contextOf } from './context.ts';
import { KernelError } from './error.ts';
import type { LogGap, ReadKernelLogOptions } from './log-options.ts';
import { type LogSource, openLog } from './log-source.ts';
import type { Clock, KernelOptions } from './options.ts';

/** Records read in one go before the event loop gets its turn. */
const batchRecords = 256;

/** First wait of a reader that follows; doubled up to the option's limit. */
const firstWaitMs = 10;

/**
 * Reads the kernel log, record by record: each string is what one read of /dev/kmsg gives, dictionary lines included, without
 * the last newline. Hand it to `scanKernelLog`, or to `parseLogRecord` for one record.
 *
 * Only records of facility 0 (a prefix below 8) are the kernel's own: programs can write all others.
 *
 * @throws {@link KernelError} `PERMISSION_DENIED`, `NOT_SUPPORTED`, `LOG_OVERRUN` (unless `onGap` is given), `IO`.
 *
 * @example
 * ```ts
 * import { insertModule, lastLogSequence, readKernelLog } from '@klpkit/kernel';
 * import type { VerifiedModule } from '@klpkit/payload';
 *
 * export async function insertAndShow(module: VerifiedModule): Promise<void> {
 *   const seq = await lastLogSequence();
 *   await insertModule(module);
 *   for await (const record of readKernelLog({ from: { seq: seq + 1 } })) console.log(record);
 * }
 * ```
 */
export async function* readKernelLog(options: ReadKernelLogOptions = {}): AsyncGenerator<string, void, undefined> {
  const { root, clock, signal } = contextOf(options);
  const maxWaitMs = checkedInterval(options.intervalMs ?? 200);
  const from = options.from ?? 'oldest';
  const reader: Reader = { source: openLog(root.kmsg), path: root.kmsg, onGap: options.onGap, wanted: undefined };
  try {
    signal?.throwIfAborted();
    if (from === 'now') reader.wanted = (await drain(reader.source, signal)) + 1;
    else if (from !== 'oldest') reader.wanted = checkedSequence(from.seq);
    let waitMs = firstWaitMs;
    for (;;) {
      const record = await nextRecord(reader, signal);
      if (record !== undefined) {
        waitMs = firstWaitMs;
        yield record;
        signal?.throwIfAborted();
      } else if (options.follow === true) {
        waitMs = await wait(clock, waitMs, maxWaitMs, signal);
      } else return;
    }
  } finally {
    reader.source.close();
  }
}

interface Reader {
  readonly source: LogSource;
  readonly path: string;
  readonly onGap: ((gap: LogGap) => void) | undefined;
  /** The sequence number that must come next; undefined until one is known. */
  wanted: number | undefined;
}

/** The next record that is wanted; undefined at the newest one. */
async function nextRecord(reader: Reader, signal: AbortSignal | undefined): Promise<string | undefined> {
  for (let count = 1; ; count += 1) {
    const look = reader.source.look();
    if (look === 'empty') return undefined;
    if (look !== 'lost') {
      const { wanted } = reader;
      if (wanted === undefined || look.seq >= wanted) {
        reader.wanted = look.seq + 1;
        if (wanted !== undefined && look.seq > wanted) reportGap(reader, { fromSeq: wanted, toSeq: look.seq });
        return look.record;
      }
    }
    if (count % batchRecords === 0) {
      await setImmediate();
      signal?.throwIfAborted();
    }
  }
}

function reportGap(reader: Reader, gap: LogGap): void {
  if (reader.onGap !== undefined) {
    reader.onGap(gap);
    return;
  }
  const lost = gap.toSeq - gap.fromSeq;
  throw new KernelError(
    'LOG_OVERRUN',
    `${lost} kernel log records from ${gap.fromSeq} on were overwritten: pass onGap to go on, or boot with a larger log_buf_len.`,
    { path: reader.path },
  );
}

async function wait(clock: Clock, waitMs: number, maxWaitMs: number, signal: AbortSignal | undefined): Promise<number> {
  await clock.sleep(Math.min(waitMs, maxWaitMs), signal);
  return Math.min(waitMs * 2, maxWaitMs);
}

/** Reads to the newest record; its sequence number, or -1 for an empty log. */
async function drain(source: LogSource, signal: AbortSignal | undefined): Promise<number> {
  let newest = -1;
  for (let count = 1; ; count += 1) {
    const look = source.look();
    if (look === 'empty') return newest;
    if (look !== 'lost') newest = look.seq;
    if (count % batchRecords === 0) {
      await setImmediate();
      signal?.throwIfAborted();
    }
  }
}

/**
 * Sequence number of the newest record; -1 for an empty log. Take it before a change and read on from the next one: an oops of
 * a large machine can push the change's own lines out of the ring.
 *
 * @throws {@link KernelError} `PERMISSION_DENIED`, `NOT_SUPPORTED`, `IO`.
 *
 * @example
 * ```ts
 * import { lastLogSequence } from '@klpkit/kernel';
 *
 * console.log(`the kernel wrote ${(await lastLogSequence()) + 1} records since boot`);
 * ```
 */
export async function lastLogSequence(options: KernelOptions = {}): Promise<number> {
  const { root, signal } = contextOf(options);
  signal?.throwIfAborted();
  const source = openLog(root.kmsg);
  try {
    return await drain(source, signal);
  } finally {
    source.close();
  }
}

function checkedInterval(intervalMs: number): number {
  if (Number.isFinite(intervalMs) && intervalMs >= 1 && intervalMs <= 10_000) return intervalMs;
  throw new KernelError('INVALID_ARGUMENT', `intervalMs is ${intervalMs}: it must be from 1 to 10000.`);
}

function checkedSequence(seq: number): number {
  if (Number.isSafeInteger(seq) && seq >= 0) return seq;
  throw new KernelError('INVALID_ARGUMENT', `from.seq is ${seq}: it must be an integer from 0 on.`);
}
