import { describe, expect, it } from 'vitest';
import type { Change } from '../changes/change.ts';
import { createEventHub } from './event-hub.ts';

function fakeChanges() {
  const subscribers = new Set<(change: Change) => void>();
  return {
    subscribe: (onChange: (change: Change) => void) => {
      subscribers.add(onChange);
      return () => void subscribers.delete(onChange);
    },
    tell: (change: Change) => {
      for (const subscriber of subscribers) subscriber(change);
    },
    count: () => subscribers.size,
  };
}
const counts = (...releases: string[]): Change => ({ kind: 'counts', releases });

describe('the event hub', () => {
  it('tells a new reader to look at everything, and one who is up to date nothing', () => {
    const hub = createEventHub(fakeChanges());
    const first = hub.since(undefined);
    expect(first).toMatchObject({ releases: 'all' });
    expect(hub.since(first?.id)).toBeUndefined();
  });

  it('tells who comes back what was missed, each release once', () => {
    const changes = fakeChanges();
    const hub = createEventHub(changes);
    const id = hub.since(undefined)?.id;
    for (const release of ['lp-1', 'lp-2', 'lp-1']) changes.tell(counts(release));
    expect(hub.since(id)).toMatchObject({ releases: ['lp-1', 'lp-2'] });
    changes.tell({ kind: 'act', seq: 1, at: 0, actor: 'gate', action: 'rollout-pause', release: 'lp-3' });
    expect(hub.since(id)).toMatchObject({ releases: ['lp-1', 'lp-2', 'lp-3'] });
  });

  it.each<[string, Change]>([
    ['a resync', { kind: 'resync' }],
    ['counts that are too many to name', { kind: 'counts', releases: null }],
    ['an act about no release', { kind: 'act', seq: 1, at: 0, actor: 'x', action: 'token-made', release: null }],
  ])('takes %s for everything', (_, change) => {
    const changes = fakeChanges();
    const hub = createEventHub(changes);
    const id = hub.since(undefined)?.id;
    changes.tell(counts('lp-1'));
    changes.tell(change);
    expect(hub.since(id)).toMatchObject({ releases: 'all' });
  });

  it('tells everything where it has forgotten what was missed', () => {
    const changes = fakeChanges();
    const hub = createEventHub(changes);
    const id = hub.since(undefined)?.id;
    for (let index = 0; index < 301; index += 1) changes.tell(counts('lp-1'));
    expect(hub.since(id)).toMatchObject({ releases: 'all' });
  });

  it.each(['', 'nonsense', 'other-5', '9'.repeat(5000)])(
    'tells everything to an id that is not its own: %.20s',
    (id) => {
      expect(createEventHub(fakeChanges()).since(id)).toMatchObject({ releases: 'all' });
    },
  );

  it.each(['-1', '99', '1e3', '0x10', 'NaN', ''])(
    'tells everything to an id of its own that it never gave out: %s',
    (suffix) => {
      const changes = fakeChanges();
      const hub = createEventHub(changes);
      const id = hub.since(undefined)?.id ?? '';
      changes.tell(counts('lp-1'));
      const forged = id.replace(/-\d+$/, `-${suffix}`);
      const { releases } = hub.since(forged) ?? {};
      expect(suffix === '' ? ['all', ['lp-1']] : ['all']).toContainEqual(releases);
    },
  );

  it('lets go of its readers and of the bus', () => {
    const changes = fakeChanges();
    const hub = createEventHub(changes);
    let heard = 0;
    const leave = hub.subscribe(() => (heard += 1));
    changes.tell(counts('lp-1'));
    leave();
    changes.tell(counts('lp-1'));
    hub.close();
    expect([heard, changes.count()]).toEqual([1, 0]);
  });
});
