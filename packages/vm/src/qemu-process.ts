import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { controlFd } from './qemu-arguments.ts';

/** A QEMU that runs. */
export interface QemuProcess {
  readonly pid: number;
  readonly console: Readable;
  readonly control: Duplex;
  /** Settles when it is gone, with what it said on stderr if it failed by itself. */
  readonly ended: Promise<{ readonly failure: string | undefined }>;
  kill(): void;
}

/**
 * Starts QEMU so that it cannot outlive this process, whatever ends it: the kernel kills it (PR_SET_PDEATHSIG, set by
 * setpriv before the exec). The shell in between closes the gap before that call: its parent must still be this process.
 */
const guarded = 'test "$PPID" = "$1" && shift && exec "$@"';

export function startQemu(
  programs: { readonly setpriv: string; readonly qemu: string },
  args: readonly string[],
): QemuProcess {
  const wrapper = ['--pdeathsig', 'KILL', '/bin/sh', '-c', guarded, 'sh', String(process.pid), programs.qemu];
  const child = spawn(programs.setpriv, [...wrapper, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true, // Ctrl-C at the terminal is for the caller, which then ends the machine in its own way
  });
  const control = child.stdio[controlFd] as Duplex;
  control.on('error', () => {}); // the end of the machine is told by `ended`
  return {
    pid: child.pid ?? -1,
    console: child.stdout as Readable,
    control,
    ended: endOf(child),
    kill: () => void child.kill('SIGKILL'),
  };
}

async function endOf(child: ChildProcess): Promise<{ failure: string | undefined }> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4_000);
  });
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ failure: error.message }));
    child.on('close', (code, signal) => {
      const failed = signal !== 'SIGKILL' && code !== 0;
      resolve({ failure: failed ? `${signal ?? `exit code ${code}`}: ${stderr.trim()}` : undefined });
    });
  });
}
