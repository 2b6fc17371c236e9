/** What the machine's owner does in the guest, beside the agent and with all of root's power: the agent itself gives that away. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Sleeper } from './order.ts';

const NOBODY = 65_534;

/** A task in state D inside the function that klpkit_stall changes, until something is written to /proc/klpkit_wait. */
export async function sleepInHost(whose: Sleeper): Promise<void> {
  if (!/^klpkit_host /m.test(readFileSync('/proc/modules', 'latin1'))) execFileSync('insmod', ['/lab/klpkit_host.ko']);
  const file = openSync('/proc/klpkit_wait', 'r'); // root's own; who reads it does so by the descriptor
  const user = whose === 'nobody' ? { uid: NOBODY, gid: NOBODY } : {};
  const { pid } = spawn('cat', [], { stdio: [file, 'ignore', 'inherit'], ...user });
  closeSync(file);
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    if (stat[stat.lastIndexOf(')') + 2] === 'D') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A small disk under the state folder, and what becomes of it. */
export interface SmallDisk {
  /** Not a byte is left; at once, as the agent is about to write. */
  fill(): void;
  make(what: 'roomy' | 'read-only' | 'writable'): Promise<void>;
}

/** Room for the journal, the spool and one payload. */
const DISK_BYTES = 512 * 1024;

/** Mounts it. Its shell is started here, so that it keeps the right to mount when this process has lost it. */
export async function mountSmallDisk(folder: string): Promise<SmallDisk> {
  const shell = spawn('sh', [], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
  const command = async (line: string): Promise<void> => {
    shell.stdin.write(`${line} && echo done || echo failed\n`);
    const { value } = await answers.next();
    if (value !== 'done') throw new Error(`failed: ${line}`);
  };
  await command(`mkdir -p ${folder} && mount -t tmpfs -o size=${DISK_BYTES},mode=700 small ${folder}`);
  const filler = `${folder}/filler`;
  return {
    fill: () => fill(filler),
    async make(what) {
      if (what === 'roomy') rmSync(filler, { force: true });
      else await command(`mount -o remount,${what === 'read-only' ? 'ro' : 'rw'} ${folder}`);
    },
  };
}

function fill(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (const block = new Uint8Array(4096); ; ) writeSync(file, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}
