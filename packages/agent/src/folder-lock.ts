import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unusable } from './durable-file.ts';
import { AgentError } from './error.ts';

/** A folder that is taken. */
export interface FolderLock {
  release(): Promise<void>;
}

/** Name of the lock inside the folder; hidden, as it is no state. */
const LOCK = '.lock';

/** A holder that dies between two looks is looked for again this often. */
const TRIES = 5;

/**
 * Takes the lock of a folder. It is a file that names the process by number, start time and boot: a process that died, also by a power cut,
 * leaves a lock that nobody holds and that the next one takes over.
 *
 * @throws AgentError `STATE_LOCKED`, `STATE_UNUSABLE`
 */
export async function takeFolderLock(folder: string): Promise<FolderLock> {
  const path = join(folder, LOCK);
  const mine = join(folder, `${LOCK}-${randomUUID()}`);
  const content = `${await holderNameOf(process.pid)} ${randomUUID()}\n`;
  try {
    await writeFile(mine, content, { mode: 0o600 });
    for (let tries = 0; tries < TRIES; tries += 1) {
      if (await linked(mine, path)) return { release: () => release(path, content) };
      const holder = await readFile(path, 'utf8').catch(() => undefined);
      if (holder === undefined) continue; // given back meanwhile
      if (await isAlive(holder)) break;
      await setAside(path, holder);
    }
  } catch (cause) {
    throw unusable('lock', folder, cause);
  } finally {
    await rm(mine, { force: true }).catch(() => undefined);
  }
  const next = 'One agent a machine is enough: stop the other one, or give this one a state folder of its own.';
  throw new AgentError('STATE_LOCKED', `The state folder ${folder} is in use by another agent. ${next}`);
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a dead holder's lock; one that somebody else has put there meanwhile is put back. */
async function setAside(path: string, dead: string): Promise<void> {
  const aside = `${path}-${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) !== dead) await linked(aside, path);
  await rm(aside, { force: true });
}

async function release(path: string, content: string): Promise<void> {
  const holder = await readFile(path, 'utf8').catch(() => undefined);
  if (holder === content) await rm(path, { force: true }).catch(() => undefined);
}

async function isAlive(holder: string): Promise<boolean> {
  const pid = Number(/^(\d+) /.exec(holder)?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(pid)) return false;
  return holder.startsWith(`${await holderNameOf(pid)} `);
}

/** Number, start time (proc(5), field 22 of stat) and boot: a number alone is given away again. */
async function holderNameOf(pid: number): Promise<string> {
  const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => 'unknown');
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 'gone';
  return `${pid} ${startTime} ${bootId.trim()}`;
}
