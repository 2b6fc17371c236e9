import { spawn } from 'node:child_process';
import { VmError, type VmErrorCode } from './vm-error.ts';

/** How much of a failed program's output an error keeps. */
const keptOutputChars = 4_000;
/** A program that prints more than this is cut off: nothing here needs it. */
const maxOutputBytes = 256 * 1024 * 1024;

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Uint8Array;
  /** The code of the error for a program that fails. */
  readonly code: VmErrorCode;
  /** What to do about it; ends the error's message. */
  readonly nextStep: string;
  readonly signal?: AbortSignal | undefined;
}

/** Runs a program of the host to its end and returns its stdout. No shell. */
export async function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<Buffer> {
  options.signal?.throwIfAborted();
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...process.env, LC_ALL: 'C', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    signal: options.signal,
    killSignal: 'SIGKILL',
  });
  child.stdin.on('error', () => {}); // a program that does not read its input is no fault of its own
  child.stdin.end(options.input);
  const stdout: Buffer[] = [];
  let stderr = '';
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxOutputBytes) child.kill('SIGKILL');
    else stdout.push(chunk);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-keptOutputChars);
  });
  const ended = await new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code === 0 ? '' : (signal ?? `exit code ${code}`)));
  });
  options.signal?.throwIfAborted();
  if (ended === '') return Buffer.concat(stdout);
  const output = stderr || Buffer.concat(stdout).toString('utf8').slice(-keptOutputChars);
  throw new VmError(options.code, `${file} failed (${ended}); ${options.nextStep}`, { output });
}
