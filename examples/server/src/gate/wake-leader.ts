import type { Database } from '../database/database.ts';

/** The channel on which servers that do not lead tell the one that does that there are pings. */
const pingsChannel = 'klpkit_pings';
/** A leader that is told this often reads all the same. */
const leastPauseMs = 100;

/** Tells the leader of new pings. */
export interface LeaderWaker {
  wake(): void;
  close(): void;
}

/** Wakes the loop of this server where it leads, and the leader's where not; the latter not for every batch. */
export function createLeaderWaker(
  database: Pick<Database, 'listen' | 'query'>,
  loop: { isLeader: () => boolean; kick: () => void },
): LeaderWaker {
  let timer: NodeJS.Timeout | undefined;
  // The leader looks by itself once an interval: a notice that is lost costs that much.
  const tell = (): void => {
    timer = undefined;
    void database.query(`notify ${pingsChannel}`).catch(() => undefined);
  };
  database.listen(pingsChannel, () => {
    if (loop.isLeader()) loop.kick();
  });
  return {
    wake: () => {
      if (loop.isLeader()) loop.kick();
      else timer ??= setTimeout(tell, leastPauseMs);
    },
    close: () => clearTimeout(timer),
  };
}
