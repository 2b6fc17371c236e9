import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A database that was stopped; the end of its scope lets it go on. */
export interface StoppedDatabase extends Disposable {
  /** Lets it go on now. */
  resume(): void;
}

/**
 * Stops the embedded database of a state folder with all its processes (SIGSTOP): its connections stay open and nobody answers on them, as
 * with a machine that hangs or a network that swallows packets.
 */
export function stopDatabase(stateDir: string): StoppedDatabase {
  const main = postmaster(stateDir);
  // First the one that starts the others.
  process.kill(main, 'SIGSTOP');
  let stopped = [main];
  const resume = (): void => {
    for (const pid of stopped) process.kill(pid, 'SIGCONT');
    stopped = [];
  };
  for (const pid of childrenOf(main)) {
    process.kill(pid, 'SIGSTOP');
    stopped.push(pid);
  }
  return { resume, [Symbol.dispose]: resume };
}

/** The embedded database's main process, from its own file. */
export function postmaster(stateDir: string): number {
  return Number(readFileSync(join(stateDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n', 1)[0]);
}

/** By proc(5), field 4. */
function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => parentOf(pid) === parent).map(Number);
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}
