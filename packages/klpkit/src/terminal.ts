import type { KernelOptions } from '@klpkit/kernel';
import { exitCode } from './exit-code.ts';
import { ioError } from './files.ts';

/** Where a run of the command line reads from and writes to: the process, or what a test hands over. */
export interface Terminal {
  /** Writes to standard output. */
  out(text: string): void;
  /** Writes to standard error. */
  err(text: string): void;
  /** Folder against which relative paths are resolved. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Whether standard output takes colours. */
  readonly colors: boolean;
  /** Aborts at Ctrl-C, and when standard output cannot be written to. */
  readonly signal: AbortSignal;
  /** The kernel that commands act on; absent: the running one. */
  readonly kernel?: KernelOptions;
}

/**
 * The terminal of this process. Package managers run scripts in the package's folder and say in `INIT_CWD` where the user stands,
 * which is what paths are meant against. Ctrl-C and SIGTERM abort `signal`. So does standard output that fails; the process then
 * ends with exit code 2, in silence where it was a reader that had seen enough (`| head -1`).
 *
 * @example
 * ```ts
 * import { processTerminal, run } from 'klpkit';
 *
 * process.exitCode = await run(['status', '--json'], processTerminal());
 * ```
 */
export function processTerminal(): Terminal {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('interrupted')));
  process.once('SIGTERM', () => stop.abort(new Error('terminated')));
  let deaf = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exitCode = exitCode.usage;
    if (stop.signal.aborted) return;
    deaf = error.code === 'EPIPE';
    const failed = ioError('standard output', error);
    if (!deaf) process.stderr.write(`klpkit: ${failed.message} [IO]\n`);
    stop.abort(failed);
  });
  process.stderr.on('error', () => undefined);
  return {
    out: (text) => void (process.stdout.writable && process.stdout.write(text)),
    err: (text) => void (deaf || process.stderr.write(text)),
    folder: process.env['INIT_CWD'] ?? process.cwd(),
    environment: process.env,
    colors: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
    signal: stop.signal,
  };
}
