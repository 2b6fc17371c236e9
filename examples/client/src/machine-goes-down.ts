import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** systemd answers at once or is busy with better things. */
const PATIENCE_MS = 2000;

/** Whether the whole machine is being shut down, and not only this service: what systemd says of itself. False where nobody can be asked. */
export async function machineGoesDown(command = 'systemctl'): Promise<boolean> {
  // It ends with 1 for every state but `running`, so only its word counts.
  const { stdout } = await promisify(execFile)(command, ['is-system-running'], { timeout: PATIENCE_MS }).catch(
    (error: { stdout?: unknown }) => ({ stdout: typeof error.stdout === 'string' ? error.stdout : '' }),
  );
  return stdout.trim() === 'stopping';
}
