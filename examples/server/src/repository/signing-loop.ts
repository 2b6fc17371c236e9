import type { Logger } from 'pino';
import type { Changes } from '../changes/changes.ts';
import { isServerError } from '../errors.ts';
import type { Published } from '../publish/published.ts';
import type { RepositoryStatus, SignedRepository } from './signed-repository.ts';

/** Keeps the signed repository up with the database. */
export interface SigningLoop {
  /** How it stood last; nothing before the first time, and on servers that do not lead. */
  status(): RepositoryStatus | undefined;
  close(): Promise<void>;
}

interface SigningOptions {
  readonly published: Published;
  readonly changes: Changes;
  /** Whether this server is the one that signs. */
  readonly isLeader: () => boolean;
  readonly log: Logger;
  /** How often it is looked at without a reason. */
  readonly intervalMs: number;
}

/** Signs after every act, and looks from time to time. What fails is tried again; machines go on with what was signed last. */
export function startSigning(repository: SignedRepository, options: SigningOptions): SigningLoop {
  let status: RepositoryStatus | undefined;
  let isWanted = true;
  const closing = new AbortController();
  let running: Promise<void> | undefined;
  const round = async (): Promise<void> => {
    while (isWanted && !closing.signal.aborted && options.isLeader()) {
      isWanted = false;
      try {
        await options.published.refresh();
        status = await repository.reconcile(options.published.current());
      } catch (error) {
        tell(error, options.log);
      }
    }
  };
  const kick = (): void => {
    isWanted = true;
    if (!closing.signal.aborted)
      running ??= round().finally(() => {
        running = undefined;
      });
  };
  const unsubscribe = options.changes.subscribe(({ kind }) => {
    if (kind !== 'counts') kick();
  });
  const timer = setInterval(kick, options.intervalMs);
  return {
    status: () => status,
    close: async () => {
      closing.abort();
      unsubscribe();
      clearInterval(timer);
      await running;
    },
  };
}

function tell(error: unknown, log: Logger): void {
  const isExpected = isServerError(error, 'DATABASE_UNAVAILABLE');
  log[isExpected ? 'warn' : 'error']({ err: error }, 'the repository could not be signed; it is tried again');
}
