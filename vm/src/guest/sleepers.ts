import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import type { Guest } from '../scenario.ts';

async function untilState(pid: number, state: string): Promise<void> {
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    if (stat[stat.lastIndexOf(')') + 2] === state) return;
    await delay(20);
  }
}

/** A task that sleeps in state D inside klpkit_host's function until it is told to leave. */
export async function sleepInHost(guest: Guest): Promise<{ readonly pid: number; leave(): Promise<string> }> {
  const child = spawn('cat', ['/proc/klpkit_wait'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const closed = once(child, 'close');
  const pid = child.pid ?? -1;
  const leave = async (): Promise<string> => {
    if (child.exitCode === null) await writeFile('/proc/klpkit_wait', 'x');
    await closed;
    return output;
  };
  guest.defer(async () => void (await leave()));
  await untilState(pid, 'D');
  return { pid, leave };
}

/** A task that sleeps interruptibly in pause(2). */
export async function sleepInPause(guest: Guest): Promise<{ stillSleeps(): Promise<boolean> }> {
  const koffi = createRequire('/app/packages/kernel/src/index.ts').resolve('koffi');
  const program = `require(${JSON.stringify(koffi)}).load(null).func('int pause()')()`;
  const child = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
  const pid = child.pid ?? -1;
  const closed = once(child, 'close');
  guest.defer(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  const inPause = async (): Promise<boolean> => (await readFile(`/proc/${pid}/syscall`, 'latin1')).startsWith('34 ');
  while (!(await inPause())) await delay(50);
  return { stillSleeps: inPause };
}
