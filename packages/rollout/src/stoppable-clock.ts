/** A clock that never goes back and can be stopped: what it says is the time that has passed while it ran, plus where it began. */
export interface StoppableClock {
  /** What the clock says when the receiver's clock says `at`. */
  read(at: number): number;
  /** Stands still from now on, until `start`. */
  stop(at: number): void;
  /** Runs again from a time on, which may lie ahead. */
  start(from: number): void;
}

/** Makes a running clock. */
export function createStoppableClock(): StoppableClock {
  let latest = -Infinity;
  let stoppedMs = 0;
  let stoppedSince: number | undefined;
  let startsAt: number | undefined;
  const read = (at: number): number => {
    latest = Math.max(latest, at);
    if (stoppedSince !== undefined && startsAt !== undefined && latest >= startsAt) {
      stoppedMs += startsAt - stoppedSince;
      stoppedSince = undefined;
      startsAt = undefined;
    }
    return (stoppedSince ?? latest) - stoppedMs;
  };
  return {
    read,
    stop(at) {
      read(at);
      stoppedSince ??= latest;
      startsAt = undefined;
    },
    start(from) {
      if (stoppedSince !== undefined) startsAt ??= Math.max(from, stoppedSince);
    },
  };
}
