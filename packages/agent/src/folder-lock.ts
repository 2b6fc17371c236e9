import { createHash, randomUUID } from 'node:crypto';
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
      if (await takenOver({ folder, mine, dead: holder })) return { release: () => release(path, content) };
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

/**
 * Takes over from a dead holder. Whoever wants that links a name made from what the dead one wrote: only one can, and while the name is there
 * nobody else touches the lock. One who dies over it is a dead holder like any other.
 */
async function takenOver({ folder, mine, dead }: { folder: string; mine: string; dead: string }): Promise<boolean> {
  const path = join(folder, LOCK);
  const after = (holder: string) =>
    join(folder, `${LOCK}-after-${createHash('sha256').update(holder).digest('hex').slice(0, 32)}`);
  const names = [after(dead)];
  for (;;) {
    const name = names.at(-1) as string;
    if (await linked(mine, name)) break;
    const rival = await readFile(name, 'utf8').catch(() => undefined);
    if (rival === undefined || (await isAlive(rival))) return false;
    names.push(after(rival));
  }
  const isStillDead = (await readFile(path, 'utf8').catch(() => undefined)) === dead;
  if (isStillDead) await rename(mine, path);
  for (const name of names) await rm(name, { force: true });
  return isStillDead;
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
