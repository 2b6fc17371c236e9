import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a run keeps its files. */
export interface WorkingFolder {
  /** The server's state, the machines' journals and spools: on a real disk, as their syncs are part of what is shown. */
  readonly path: string;
  /** The fake kernels' sysfs and procfs: in memory where the system has a place for that, as the real ones are. */
  readonly memory: string;
  remove(): Promise<void>;
}

/** Makes the folders. */
export async function makeWorkingFolder(): Promise<WorkingFolder> {
  const path = await mkdtemp(join(tmpdir(), 'klpkit-demo-'));
  await chmod(path, 0o711); // as root the server's database runs under another uid and has to pass through
  const memory = await mkdtemp('/dev/shm/klpkit-demo-').catch(() => path);
  return {
    path,
    memory,
    async remove() {
      for (const folder of new Set([path, memory])) await rm(folder, { recursive: true, force: true });
    },
  };
}
