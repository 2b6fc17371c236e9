import { randomUUID } from 'node:crypto';
import type { Changes } from '../changes/changes.ts';
import type { Change } from '../changes/change.ts';

/** What changed: these releases, or all that a page shows. */
export interface Notice {
  /** Where a reader stands after it; goes back to the server as Last-Event-ID. */
  readonly id: string;
  readonly releases: readonly string[] | 'all';
}

/** The changes of late, so that a reader who comes back is told what it missed. */
export interface EventHub {
  /** Calls back after every change until the function it returns is called. */
  subscribe(onChange: () => void): () => void;
  /** What changed since the notice with this id; everything where that is not known any more. `undefined` where nothing did. */
  since(id: string | undefined): Notice | undefined;
  close(): void;
}

/** Changes that are remembered: at ten a second, half a minute without a connection. */
const maxRemembered = 300;
/** Releases that one notice names. */
const maxNamed = 50;

/**
 * Numbers the changes of this process. Ids begin with a name that is new with every start: one of another server, or of before a
 * restart, is recognised as unknown, and its reader looks at everything anew.
 */
export function createEventHub(changes: Pick<Changes, 'subscribe'>): EventHub {
  const name = randomUUID().slice(0, 8);
  const readers = new Set<() => void>();
  let remembered: { readonly seq: number; readonly release: string | null }[] = [];
  let seq = 0;
  const unsubscribe = changes.subscribe((change) => {
    for (const release of releasesOf(change)) remembered.push({ seq: (seq += 1), release });
    remembered = remembered.slice(-maxRemembered);
    for (const onChange of readers) onChange();
  });
  const idOf = (): string => `${name}-${seq}`;
  return {
    subscribe: (onChange) => {
      const reader = (): void => onChange();
      readers.add(reader);
      return () => void readers.delete(reader);
    },
    since: (id) => {
      if (id === idOf()) return undefined;
      const after = id?.startsWith(`${name}-`) === true ? Number(id.slice(name.length + 1)) : Number.NaN;
      const oldest = remembered[0]?.seq ?? seq + 1;
      if (!(after >= oldest - 1 && after <= seq)) return { id: idOf(), releases: 'all' };
      const missed = new Set(remembered.filter((one) => one.seq > after).map(({ release }) => release));
      const named = [...missed].flatMap((release) => release ?? []);
      return { id: idOf(), releases: missed.has(null) || named.length > maxNamed ? 'all' : named };
    },
    close: unsubscribe,
  };
}

/** `null` is everything. */
function releasesOf(change: Change): readonly (string | null)[] {
  switch (change.kind) {
    case 'act':
      return [change.release];
    case 'counts':
      return change.releases ?? [null];
    default:
      return [null];
  }
}
