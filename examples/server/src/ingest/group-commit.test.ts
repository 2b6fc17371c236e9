import { describe, expect, it } from 'vitest';
import { ServerError } from '../errors.ts';
import { createGroupCommit } from './group-commit.ts';

/** A writer whose transactions end when the test says so. */
function heldWriter() {
  const groups: { items: readonly number[]; end: (result?: Error) => void }[] = [];
  const write = (items: readonly number[]): Promise<boolean[]> =>
    new Promise((resolve, reject) => {
      groups.push({
        items,
        end: (error) => (error === undefined ? resolve(items.map((item) => item % 2 === 0)) : reject(error)),
      });
    });
  const waitFor = async (count: number) => {
    while (groups.length < count) await new Promise((resolve) => setImmediate(resolve));
  };
  return { groups, write, waitFor };
}

describe('the group commit', () => {
  it('writes together what comes together, and what comes meanwhile in the next transaction', async () => {
    const { groups, write, waitFor } = heldWriter();
    const group = createGroupCommit({ write, maxItems: 100, maxWaiting: 100 });
    const answers = [group.add([1, 2]), group.add([4])];
    await waitFor(1);
    const later = [group.add([6]), group.add([7])];
    expect(groups.map(({ items }) => items)).toEqual([[1, 2, 4]]);
    groups[0]!.end();
    expect(await Promise.all(answers)).toEqual([[false, true], [true]]);
    await waitFor(2);
    expect(groups[1]!.items).toEqual([6, 7]);
    groups[1]!.end();
    expect(await Promise.all(later)).toEqual([[true], [false]]);
  });

  it('answers nobody before the transaction has ended', async () => {
    const { groups, write, waitFor } = heldWriter();
    const group = createGroupCommit({ write, maxItems: 100, maxWaiting: 100 });
    let isAnswered = false;
    const answer = group.add([2]).finally(() => {
      isAnswered = true;
    });
    await waitFor(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAnswered).toBe(false);
    groups[0]!.end();
    await answer;
  });

  it('writes one half of those that come again and again while it answers the other', async () => {
    const { groups, write, waitFor } = heldWriter();
    const group = createGroupCommit({ write, maxItems: 1000, maxWaiting: 1000 });
    const senders = Array.from({ length: 40 }, async (_, sender) => {
      for (let round = 0; round < 4; round += 1) await group.add([sender]);
    });
    for (let index = 0; index < 8; index += 1) {
      await waitFor(index + 1);
      groups[index]!.end();
    }
    await Promise.all(senders);
    expect(groups.map(({ items }) => items.length)).toEqual([20, 20, 20, 20, 20, 20, 20, 20]);
  });

  it('serves one who comes again as soon as he is answered', async () => {
    const group = createGroupCommit({
      write: (items: readonly number[]) => Promise.resolve(items.map(() => true)),
      maxItems: 100,
      maxWaiting: 100,
    });
    for (let round = 0; round < 5; round += 1) expect(await group.add([round])).toEqual([true]);
    await group.close();
  });

  it('hands the next group over before it answers the last, and answers at once where no other waits', async () => {
    const { groups, write, waitFor } = heldWriter();
    const group = createGroupCommit({ write, maxItems: 100, maxWaiting: 100 });
    const order: string[] = [];
    const first = group.add([2]).then(() => order.push(`answered with ${groups.length} handed over`));
    await waitFor(1);
    const second = group.add([4]).then(() => order.push(`answered with ${groups.length} handed over`));
    groups[0]!.end();
    await first;
    groups[1]!.end();
    await second;
    expect(order).toEqual(['answered with 2 handed over', 'answered with 2 handed over']);
  });

  it('keeps a transaction small, but never splits a request', async () => {
    const { groups, write, waitFor } = heldWriter();
    const group = createGroupCommit({ write, maxItems: 3, maxWaiting: 100 });
    const answers = [group.add([2, 2]), group.add([2, 2]), group.add([2, 2, 2, 2, 2])];
    for (let index = 0; index < 3; index += 1) {
      await waitFor(index + 1);
      groups[index]!.end();
    }
    await Promise.all(answers);
    expect(groups.map(({ items }) => items.length)).toEqual([2, 2, 5]);
  });

  it('lets one request that cannot be written not spoil the others', async () => {
    const write = (items: readonly number[]) =>
      items.includes(13) ? Promise.reject(new Error('bad item')) : Promise.resolve(items.map(() => true));
    const group = createGroupCommit({ write, maxItems: 100, maxWaiting: 100 });
    const results = await Promise.allSettled([group.add([1]), group.add([13]), group.add([2])]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('tells everybody at once when the database is away', async () => {
    let writes = 0;
    const write = () => {
      writes += 1;
      return Promise.reject(new ServerError('DATABASE_UNAVAILABLE', 'Away.'));
    };
    const group = createGroupCommit({ write, maxItems: 2, maxWaiting: 100 });
    const results = await Promise.allSettled([group.add([1]), group.add([2]), group.add([3]), group.add([4])]);
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(writes).toBe(1);
  });

  it('does not try one request after the other on a database that has gone away', async () => {
    let writes = 0;
    const write = () => {
      writes += 1;
      return Promise.reject(writes === 1 ? new Error('bad item') : new ServerError('DATABASE_UNAVAILABLE', 'Away.'));
    };
    const group = createGroupCommit({ write, maxItems: 100, maxWaiting: 100 });
    const results = await Promise.allSettled([group.add([1]), group.add([2]), group.add([3])]);
    expect(results.map((result) => (result as PromiseRejectedResult).reason)).toMatchObject(
      Array.from({ length: 3 }, () => ({ code: 'DATABASE_UNAVAILABLE' })),
    );
    expect(writes).toBe(2);
  });

  it('refuses more than may wait, and nothing once it closes', async () => {
    const { groups, write, waitFor } = heldWriter();
    const group = createGroupCommit({ write, maxItems: 2, maxWaiting: 3 });
    const taken = group.add([1, 2, 3]);
    await expect(group.add([4])).rejects.toMatchObject({ code: 'OVERLOADED' });
    await waitFor(1);
    const closing = group.close();
    await expect(group.add([4])).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    groups[0]!.end();
    await closing;
    expect(await taken).toEqual([false, true, false]);
  });

  it('has nothing to write for nothing', async () => {
    const group = createGroupCommit({ write: () => Promise.reject(new Error('called')), maxItems: 2, maxWaiting: 3 });
    expect(await group.add([])).toEqual([]);
  });
});
