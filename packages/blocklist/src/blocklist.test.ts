import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { BlockEntry, Blocklist } from './blocklist.ts';
import { blocklistDigest, canonicalJson } from './canonical.ts';
import { applyBlocklistDelta, blocklistDelta, parseBlocklistDelta } from './delta.ts';
import { block, emptyBlocklist, lift, refreshBlocklist } from './edit-blocklist.ts';
import { isBlocklistError } from './error.ts';
import { parseBlocklist, parseLifts } from './parse-blocklist.ts';
import { succeed, unionOf } from './succeed.ts';

const dayMs = 86_400_000;
const digest = 'ab'.repeat(32);
const entry = (change: Partial<BlockEntry> = {}): BlockEntry => ({
  release: 'lp-6.1-3',
  sha256: digest,
  kernels: '*',
  action: 'no-apply',
  reason: 'gate',
  since: 1000,
  ...change,
});
const empty = emptyBlocklist(0);
const one = block(empty, entry(), 1000);
const two = block(
  one,
  entry({ release: 'a-1', sha256: null, kernels: ['6.1.0-1-amd64'], action: 'disable', since: 2000 }),
  2000,
);
const json = (list: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(list)) as Record<string, unknown>;
const code = (name: string): unknown => expect.objectContaining({ code: name });
const inList = { lifts: 'in-list' } as const;

describe('parseBlocklist', () => {
  test('takes what is written, again and again', () => {
    for (const list of [empty, one, two]) expect(parseBlocklist(json(parseBlocklist(json(list))))).toEqual(list);
  });

  test.each([
    ['nothing', undefined],
    ['a list', []],
    ['another type', { ...json(one), type: 'allowlist' }],
    ['version 0', { ...json(one), version: 0 }],
    ['half a version', { ...json(one), version: 1.5 }],
    ['a version too large to count on', { ...json(one), version: 2 ** 53 }],
    ['epoch 0', { ...json(one), epoch: 0 }],
    ['an end before the beginning', { ...json(one), expires: 1000 }],
    ['an unknown field', { ...json(one), allow: [] }],
    ['an entry with an unknown field', { ...json(one), entries: [{ ...entry(), unless: 'x' }] }],
    ['an entry twice', { ...json(one), entries: [entry(), entry({ action: 'no-offer' })] }],
    ['entries out of order', { ...json(two), entries: two.entries.toReversed() }],
    ['an entry without kernels', { ...json(one), entries: [entry({ kernels: [] })] }],
    ['a pattern of kernels', { ...json(one), entries: [{ ...entry(), kernels: '6.1.*' }] }],
    ['an action that is no text', { ...json(one), entries: [{ ...entry(), action: null }] }],
    ['a missing action', { ...json(one), entries: [{ ...entry(), action: undefined }] }],
    ['an empty action', { ...json(one), entries: [{ ...entry(), action: '' }] }],
    ['a digest in upper case', { ...json(one), entries: [entry({ sha256: 'AB'.repeat(32) })] }],
    ['a release that is no key', { ...json(one), entries: [entry({ release: '*' })] }],
  ])('refuses %s', (_, value) => expect(() => parseBlocklist(value)).toThrow(code('MALFORMED_BLOCKLIST')));

  test('refuses more entries than it can be asked to hold', () => {
    const entries = Array.from({ length: 10_001 }, (_, index) =>
      entry({ release: `a${String(index).padStart(6, '0')}-1` }),
    );
    expect(() => parseBlocklist({ ...json(one), entries })).toThrow(code('MALFORMED_BLOCKLIST'));
    expect(parseBlocklist({ ...json(one), entries: entries.slice(1) }).entries).toHaveLength(10_000);
  });

  test('says of a later specification that the client has to be upgraded', () => {
    expect(() => parseBlocklist({ spec: 2, whatever: true })).toThrow(code('UNSUPPORTED_SPEC'));
    expect(() => parseLifts({ spec: 2 })).toThrow(code('UNSUPPORTED_SPEC'));
  });

  test('takes an unknown action for the strictest, keeps what was said, and hashes that', () => {
    const published = { ...json(one), entries: [{ ...entry(), action: 'quarantine' }] };
    const list = parseBlocklist(published);
    expect(list.entries[0]).toMatchObject({ action: 'disable', statedAction: 'quarantine' });
    expect(parseBlocklist(json(list))).toEqual(list);
    expect(blocklistDigest(list)).toBe(blocklistDigest(published as unknown as Blocklist));
    // A later version of this package that knows the action goes by it, and so does this one for those that it knows.
    expect(
      parseBlocklist({ ...json(one), entries: [{ ...entry(), action: 'disable', statedAction: 'no-offer' }] })
        .entries[0],
    ).toEqual(entry({ action: 'no-offer' }));
  });
});

describe('editing', () => {
  test('each change is a version that names the one before', () => {
    expect([empty, one, two].map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(two.previous).toBe(blocklistDigest(one));
    expect(one.previous).toBe(blocklistDigest(empty));
    expect(empty.previous).toBeNull();
    expect(two.entries.map(({ release }) => release)).toEqual(['a-1', 'lp-6.1-3']);
  });

  test('a second block of the same is the stricter of both', () => {
    const narrow = entry({ kernels: ['6.1.0-1-amd64'], action: 'disable', since: 3000, reason: 'panics-at-load' });
    const joined = block(one, narrow, 3000);
    expect(joined.entries).toEqual([{ ...narrow, kernels: '*' }]);
    expect(block(joined, entry({ action: 'no-offer' }), 4000).entries).toEqual(joined.entries);
    const both = block(block(empty, entry({ kernels: ['a'] }), 1), entry({ kernels: ['b', 'a'] }), 2);
    expect(both.entries[0]?.kernels).toEqual(['a', 'b']);
  });

  test('keeps its life-time, or takes another', () => {
    expect(one.expires - one.issued).toBe(empty.expires - empty.issued);
    expect(refreshBlocklist(one, 5000, { lifetimeMs: dayMs })).toEqual({ ...one, issued: 5000, expires: 5000 + dayMs });
    expect(() => refreshBlocklist(one, 999)).toThrow(code('OUT_OF_RANGE'));
    expect(() => emptyBlocklist(0, { lifetimeMs: 0 })).toThrow(code('MALFORMED_BLOCKLIST'));
  });

  test('a clock that went back issues nothing earlier', () =>
    expect(block(two, entry({ release: 'z-1' }), 0).issued).toBe(2000));

  test('lifting leaves a record', () => {
    const record = { release: 'lp-6.1-3', sha256: digest, since: 1000, at: 9000, reason: 'was-a-mistake' };
    const lifted = lift(two, record, 9000);
    expect(lifted).toMatchObject({ version: 4, lifted: [record] });
    expect(lifted.entries.map(({ release }) => release)).toEqual(['a-1']);
    expect(() => lift(lifted, record, 9001)).toThrow(code('OUT_OF_RANGE'));
    expect(() => lift(two, { ...record, since: 999 }, 9000)).toThrow(code('OUT_OF_RANGE'));
  });

  test('refuses an entry that is none', () => {
    expect(() => block(one, entry({ reason: 'Because I say so' }), 2000)).toThrow(code('MALFORMED_BLOCKLIST'));
  });
});

describe('succeed', () => {
  const record = { release: 'lp-6.1-3', sha256: digest, since: 1000, at: 9000, reason: 'was-a-mistake' };

  test('the first list is taken, if it is of the epoch that is trusted', () => {
    expect(succeed(undefined, two, inList)).toBe(two);
    expect(succeed(undefined, two, { ...inList, epoch: 1 })).toBe(two);
    expect(() => succeed(undefined, two, { ...inList, epoch: 2 })).toThrow(code('UNTRUSTED_EPOCH'));
  });

  test('a later version is taken, over gaps as well', () => {
    expect(succeed(one, two, { lifts: [] })).toBe(two);
    expect(succeed(empty, two, { lifts: [] })).toBe(two);
  });

  test('the same version is taken when it is fresher, and silently left when it is older', () => {
    const fresh = refreshBlocklist(two, 5000);
    expect(succeed(two, fresh, inList)).toBe(fresh);
    expect(succeed(fresh, two, inList)).toBe(fresh);
  });

  test('rollback of the version', () => expect(() => succeed(two, one, inList)).toThrow(code('ROLLBACK')));
  test('rollback of the epoch', () => {
    const later = emptyBlocklist(5000, { epoch: 2 });
    expect(() => succeed(later, two, { ...inList, epoch: 2 })).toThrow(code('ROLLBACK'));
    expect(() => succeed(later, two, inList)).toThrow(code('ROLLBACK'));
  });
  test('two lists of the same version', () => {
    const other = block(one, entry({ release: 'z-1' }), 2000);
    expect(() => succeed(two, other, inList)).toThrow(code('EQUIVOCATION'));
  });
  test('a version that does not follow from ours', () => {
    const fork = block(block(one, entry({ release: 'z-1' }), 2000), entry({ release: 'a-1' }), 3000);
    expect(() => succeed(two, fork, inList)).toThrow(code('EQUIVOCATION'));
  });

  describe('an entry that vanished', () => {
    const without = parseBlocklist({ ...json(two), version: 9, entries: two.entries.slice(0, 1) });
    test('silently', () => {
      expect(() => succeed(two, without, inList)).toThrow(code('ENTRY_VANISHED'));
      expect(() => succeed(two, without, { lifts: [] })).toThrow(code('ENTRY_VANISHED'));
    });
    test('by the record of a key that may not lift', () => {
      const lifted = lift(two, record, 9000);
      expect(() => succeed(two, lifted, { lifts: [] })).toThrow(code('ENTRY_VANISHED'));
    });
    test('by whom it may', () => {
      const lifted = lift(two, record, 9000);
      expect(succeed(two, lifted, { lifts: [record] })).toBe(lifted);
      expect(succeed(two, lifted, inList)).toBe(lifted);
    });
    test('by a lift of an earlier block', () => {
      const again = block(lift(two, record, 9000), entry({ since: 9500 }), 9500);
      const gone = parseBlocklist({ ...json(again), version: 20, entries: [again.entries[0]] });
      expect(() => succeed(again, gone, { lifts: [record] })).toThrow(code('ENTRY_VANISHED'));
    });
    test.each<[string, Partial<BlockEntry>]>([
      ['a milder action', { action: 'no-offer' }],
      ['fewer kernels', { kernels: ['6.1.0-1-amd64'] }],
      ['another digest', { sha256: 'cd'.repeat(32) }],
      ['no digest', { sha256: null }],
    ])('in part: %s', (_, change) => {
      const weaker = parseBlocklist({ ...json(one), version: 9, entries: [entry(change)] });
      expect(() => succeed(one, weaker, inList)).toThrow(code('ENTRY_VANISHED'));
    });
    test('under an unknown action it is still there', () => {
      const stricter = parseBlocklist({ ...json(one), version: 9, entries: [{ ...entry(), action: 'quarantine' }] });
      expect(succeed(one, stricter, { lifts: [] })).toBe(stricter);
    });
  });

  test('recovery: a new epoch that the root names starts anew, and only that', () => {
    const stolen = parseBlocklist({ ...json(two), version: Number.MAX_SAFE_INTEGER });
    const recovered = emptyBlocklist(9000, { epoch: 2 });
    expect(succeed(stolen, recovered, { lifts: [], epoch: 2 })).toBe(recovered);
    expect(() => succeed(stolen, recovered, { lifts: [] })).toThrow(code('UNTRUSTED_EPOCH'));
    expect(() => succeed(stolen, emptyBlocklist(9000, { epoch: 3 }), { lifts: [], epoch: 2 })).toThrow(
      code('UNTRUSTED_EPOCH'),
    );
    expect(() => succeed(two, refreshBlocklist(two, 9000), { lifts: [], epoch: 2 })).toThrow(code('UNTRUSTED_EPOCH'));
  });

  test('a refused list may still forbid', () => {
    const other = parseBlocklist({
      ...json(one),
      version: 9,
      entries: [entry({ action: 'disable', kernels: ['x'] }), entry({ release: 'z-1' })],
    });
    const both = unionOf(two, other);
    expect(both).toMatchObject({ version: two.version, expires: two.expires });
    expect(both.entries.map(({ release, action, kernels }) => [release, action, kernels])).toEqual([
      ['a-1', 'disable', ['6.1.0-1-amd64']],
      ['lp-6.1-3', 'disable', '*'],
      ['z-1', 'no-apply', '*'],
    ]);
  });
});

describe('delta', () => {
  const record = { release: 'lp-6.1-3', sha256: digest, since: 1000, at: 9000, reason: 'was-a-mistake' };
  const later = lift(block(two, entry({ release: 'z-1' }), 3000), record, 9000);

  test('leads to the list that it was made from', () => {
    for (const from of [empty, one, two]) {
      const delta = parseBlocklistDelta(json(blocklistDelta(from, later)));
      expect(applyBlocklistDelta(from, delta)).toEqual(later);
      expect(succeed(from, applyBlocklistDelta(from, delta), inList)).toEqual(later);
    }
  });

  test('holds what changed and nothing else', () => {
    expect(blocklistDelta(two, later)).toMatchObject({
      from: 3,
      to: 5,
      entries: [{ release: 'z-1' }],
      removed: [{ release: 'lp-6.1-3', sha256: digest }],
      lifted: [record],
    });
  });

  test('for another version, epoch or list is refused', () => {
    const delta = blocklistDelta(two, later);
    const fork = block(one, entry({ release: 'y-1' }), 2000);
    expect(() => applyBlocklistDelta(one, delta)).toThrow(code('DELTA_MISMATCH'));
    expect(() => applyBlocklistDelta(fork, delta)).toThrow(code('DELTA_MISMATCH'));
    expect(() => applyBlocklistDelta({ ...two, epoch: 2 }, delta)).toThrow(code('DELTA_MISMATCH'));
    expect(() => applyBlocklistDelta(two, { ...delta, removed: [] })).toThrow(code('DELTA_MISMATCH'));
    expect(() => applyBlocklistDelta(two, { ...delta, sha256: digest })).toThrow(code('DELTA_MISMATCH'));
  });

  test('leads forward only', () => {
    expect(() => blocklistDelta(later, two)).toThrow(code('OUT_OF_RANGE'));
    expect(() => blocklistDelta(two, two)).toThrow(code('OUT_OF_RANGE'));
    expect(() => blocklistDelta(later, { ...later, version: 9, lifted: [] })).toThrow(code('OUT_OF_RANGE'));
  });

  test.each([
    ['nothing', undefined],
    ['a list', json(two)],
    ['an unknown field', { ...json(blocklistDelta(one, two)), patch: [] }],
    ['a bad digest', { ...json(blocklistDelta(one, two)), sha256: 'x' }],
  ])('refuses %s', (_, value) => expect(() => parseBlocklistDelta(value)).toThrow(code('MALFORMED_DELTA')));
});

test('whatever is blocked and lifted, every version follows from every earlier one, by list and by delta', () => {
  const step = fc.record({
    release: fc.constantFrom('a-1', 'b-1', 'c-1'),
    sha256: fc.constantFrom(null, digest),
    action: fc.constantFrom<BlockEntry['action'][]>('no-offer', 'no-apply', 'disable'),
    lifts: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const versions = [empty];
      for (const [index, { release, sha256, action, lifts }] of steps.entries()) {
        const current = versions.at(-1) ?? empty;
        const now = (index + 1) * 1000;
        const known = current.entries.find((found) => found.release === release && found.sha256 === sha256);
        versions.push(
          lifts && known !== undefined
            ? lift(current, { release, sha256, since: known.since, at: now, reason: 'test' }, now)
            : block(current, entry({ release, sha256, action, since: now }), now),
        );
      }
      const last = versions.at(-1) ?? empty;
      for (const earlier of versions.slice(0, -1)) {
        expect(succeed(earlier, last, inList)).toBe(last);
        expect(applyBlocklistDelta(earlier, blocklistDelta(earlier, last))).toEqual(last);
        if (earlier.version < last.version) expect(() => succeed(last, earlier, inList)).toThrow(code('ROLLBACK'));
      }
    }),
    { numRuns: 200 },
  );
});

test('canonical JSON has one form', () => {
  expect(canonicalJson({ b: [1, null, 'é"'], a: { d: true, c: undefined } })).toBe(
    '{"a":{"d":true},"b":[1,null,"é\\""]}',
  );
});

describe('vectors', () => {
  const vectors = JSON.parse(
    readFileSync(new URL('../../../vectors/blocklist/vectors.json', import.meta.url), 'utf8'),
  ) as {
    list: unknown;
    canonical: string;
    digest: string;
  }[];
  test.each(vectors)('digest $digest', ({ list, digest: expected }) => {
    expect(blocklistDigest(parseBlocklist(list))).toBe(expected);
  });
});

test('the guard knows the error by shape and code', () => {
  try {
    succeed(two, one, inList);
    expect.unreachable();
  } catch (error) {
    expect(isBlocklistError(error)).toBe(true);
    expect(isBlocklistError(error, 'ROLLBACK')).toBe(true);
    expect(isBlocklistError(error, 'EQUIVOCATION')).toBe(false);
  }
});
