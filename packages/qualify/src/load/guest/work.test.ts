import { describe, expect, it } from 'vitest';
import type { WorkAnswer, WorkTally } from '../../workload/work-protocol.ts';
import type { LoadTest } from './load-test.ts';
import { workAgain, workBefore } from './work.ts';

const good = (name: WorkTally['name']): WorkTally => ({ name, rounds: 9, failures: 0, medianMs: 2, failure: '' });
const bad = (name: WorkTally['name']): WorkTally => ({ ...good(name), failures: 3, failure: 'it broke' });

/** A test of a patch that does not tell its functions, whose worker answers as told. */
function testOf(...answers: WorkAnswer[]): LoadTest {
  const worker = { work: () => Promise.resolve(answers.shift() ?? []), endWorker: () => undefined };
  const some = { patch: { objects: 'unknown' }, plan: { workMs: 1 }, names: [], before: new Map(), patched: new Map() };
  return { ...some, worker: () => Promise.resolve(worker) } as unknown as LoadTest;
}

describe('work that goes wrong', () => {
  it('without the patch is left out and told: it says nothing about the patch', async () => {
    const test = testOf([good('files'), bad('timers')], [good('files')]);
    const { reasons = [], work } = await workBefore(test);
    expect(reasons).toContainEqual({
      code: 'WORKLOAD_LEFT_OUT',
      weight: 'notes',
      message: 'Without the patch, timers went wrong in 3 of 12 rounds: it broke. It is left out.',
    });
    expect(test.names).toEqual(['files']);
    expect([...test.before.keys()]).toEqual(['files']);
    expect(work).toHaveLength(2);
    expect((await workAgain(test)).work).toHaveLength(1);
  });

  it('without the patch, all of it, is a doubt: nothing is left to try the patch with', async () => {
    const { reasons = [] } = await workBefore(testOf([bad('files'), bad('timers')]));
    expect(reasons.filter(({ weight }) => weight === 'doubts')).toHaveLength(2);
  });

  it('with the patch is held against it', async () => {
    const test = testOf([good('files')], [bad('files')]);
    await workBefore(test);
    await expect(workAgain(test)).rejects.toMatchObject({ reason: { code: 'WORKLOAD_FAILED' } });
  });
});
