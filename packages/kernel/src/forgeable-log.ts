import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { errnoError, errnoName } from './errno.ts';
import { KernelError } from './error.ts';

/** A line of kernel log from a source that cannot prove who wrote it. */
export interface ForgeableLine {
  /** `<4>[   12.345678] text` from syslog(2), `[   12.345678] text` of the journal. */
  readonly text: string;
  /** Programs can put lines into this source that look like the kernel's: good for a person to read, not for evidence. */
  readonly forgeable: true;
  readonly source: 'syslog' | 'journal';
}

/** Options of {@link readForgeableLog}. */
export interface ForgeableLogOptions {
  /** `syslog`: the ring by syslog(2). `journal`: this boot's kernel messages from `journalctl`, which outlive the ring. */
  readonly source: 'syslog' | 'journal';
  readonly signal?: AbortSignal;
}

/** SYSLOG_ACTION_READ_ALL and _SIZE_BUFFER (man 2 syslog). */
const readAll = 3;
const sizeOfBuffer = 10;

/** Largest ring read, the kernel's own limit of CONFIG_LOG_BUF_SHIFT (25). */
const maxRingBytes = 32 * 1024 * 1024;

/**
 * The kernel log where /dev/kmsg may not be read. Both sources are text that a program with the right to log can write as well,
 * so every line says `forgeable`. Hand the text to `scanKernelLog`; it reads both forms.
 *
 * @throws {@link KernelError} `PERMISSION_DENIED`, `NOT_SUPPORTED`, `IO`.
 *
 * @example
 * ```ts
 * import { readForgeableLog } from '@klpkit/kernel';
 *
 * for await (const line of readForgeableLog({ source: 'journal' })) console.log(line.text);
 * ```
 */
export async function* readForgeableLog(options: ForgeableLogOptions): AsyncGenerator<ForgeableLine, void, undefined> {
  const { source, signal } = options;
  signal?.throwIfAborted();
  const lines = source === 'syslog' ? await readRing() : readJournal(signal);
  for await (const text of lines) {
    signal?.throwIfAborted();
    if (text !== '') yield { text, forgeable: true, source };
  }
}

/** syslog(2) is harmless and short, so it runs in this process. */
async function readRing(): Promise<readonly string[]> {
  const { default: koffi } = await import('koffi');
  const klogctl = koffi.load(null).func('int klogctl(int type, _Out_ uint8_t *buffer, int length)');
  const call = (type: number, buffer: Uint8Array): number => {
    const result = Number(klogctl(type, buffer, buffer.length));
    if (result >= 0) return result;
    const errno = koffi.errno();
    const next = 'give the process CAP_SYSLOG or set kernel.dmesg_restrict=0';
    const code = errnoName(errno) === 'EPERM' ? 'PERMISSION_DENIED' : 'IO';
    throw new KernelError(code, `syslog(2) refused the kernel log (${errnoName(errno)}): ${next}.`, {
      errno: errnoName(errno),
      cause: errnoError(errno, 'syslog'),
    });
  };
  const size = Math.min(call(sizeOfBuffer, new Uint8Array(1)), maxRingBytes);
  const buffer = new Uint8Array(size);
  return new TextDecoder().decode(buffer.subarray(0, call(readAll, buffer))).split('\n');
}

async function* readJournal(signal: AbortSignal | undefined): AsyncGenerator<string, void, undefined> {
  const child = spawn('journalctl', ['--dmesg', '--boot', '--no-pager', '--quiet', '--output=short-monotonic'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    ...(signal === undefined ? {} : { signal }),
  });
  const ended = Promise.withResolvers<number | null>();
  child.on('error', (error) => ended.reject(error));
  child.on('close', (code) => ended.resolve(code));
  ended.promise.catch(() => undefined); // looked at below
  try {
    // `[   12.345678] host kernel: text`: the part before the text is not the kernel's form.
    for await (const line of createInterface({ input: child.stdout }))
      yield line.replace(/^(\[[^\]]*\]) \S+ kernel: /, '$1 ');
    const code = await ended.promise;
    if (code !== 0) throw new KernelError('IO', `journalctl ended with exit code ${code}: run it by hand to see why.`);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof KernelError) throw error;
    throw new KernelError('NOT_SUPPORTED', 'journalctl could not be started: there is no journal here.', {
      cause: error,
    });
  } finally {
    child.kill();
  }
}
