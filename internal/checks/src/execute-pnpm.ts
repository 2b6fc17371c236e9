import { type Executed, execute, type ExecuteOptions } from './execute.ts';

/** Runs pnpm, which is on the PATH because the check itself was started by it. */
export async function executePnpm(args: readonly string[], options: ExecuteOptions): Promise<Executed> {
  try {
    return await execute('pnpm', args, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error('pnpm is not on the PATH. Next step: run the checks by `npx -y pnpm@12.21.0 check`', {
      cause: error,
    });
  }
}
