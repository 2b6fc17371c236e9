import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where kernels are kept unless the caller says otherwise: `${XDG_CACHE_HOME:-~/.cache}/klpkit/vm`.
 *
 * @example
 * ```ts
 * import { defaultCacheFolder } from '@klpkit/vm';
 *
 * console.log(`rm -rf ${defaultCacheFolder()} frees the disk`);
 * ```
 */
export function defaultCacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'klpkit', 'vm');
}
