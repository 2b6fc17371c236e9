import { isKernelError } from './error.ts';
import { type LogSource, openLog } from './log-source.ts';

/** Tells cheaply whether the kernel log spoke of a patch since the last call. Never evidence: only a reason to look at sysfs. */
export interface LogHint {
  spoke(): boolean;
  close(): void;
}

/** Records looked at in one call; the rest is left for the next, so that a flood in the log stalls nobody. */
const maxRecordsPerCall = 1024;

/** A hint from the kernel log; undefined where it cannot be read, which costs nothing but latency. */
export function openLogHint(path: string, name: string): LogHint | undefined {
  let source: LogSource;
  try {
    source = openLog(path);
  } catch (error) {
    if (isKernelError(error)) return undefined;
    throw error;
  }
  const needle = `livepatch: '${name}': `;
  return {
    spoke: () => {
      let spoke = false;
      for (let count = 0; count < maxRecordsPerCall; count += 1) {
        const look = source.look();
        if (look === 'empty') return spoke;
        if (look === 'lost') spoke = true;
        else if (look.record.includes(needle)) spoke = true;
      }
      return spoke;
    },
    close: () => source.close(),
  };
}
