import { expect, test } from 'vitest';
import type { RepositoryStore } from './store.ts';

/** What every store must do. `make` gives an empty one. */
export function storeCompliance(make: () => RepositoryStore): void {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const text = (read: Uint8Array | undefined) => new TextDecoder().decode(read);

  test('a file that is not there is undefined, not an error', async () => {
    const store = make();
    expect(await store.get('metadata/9.root.json', { maxBytes: 10 })).toBeUndefined();
    expect(await store.has('metadata/9.root.json')).toBe(false);
  });

  test('what is put is got, replaced as a whole, names with + and ~ and folders included', async () => {
    const store = make();
    const path = 'targets/releases/x86_64/abc.6.12.117+deb12~1-cloud.json';
    await store.put(path, bytes('one'));
    await store.put(path, bytes('two!'));
    expect(text(await store.get(path, { maxBytes: 4 }))).toBe('two!');
    expect(await store.has(path)).toBe(true);
  });

  test('an empty file is a file', async () => {
    const store = make();
    await store.put('empty', new Uint8Array());
    expect(await store.get('empty', { maxBytes: 0 })).toHaveLength(0);
  });

  test('a file longer than the limit is refused, not cut', async () => {
    const store = make();
    await store.put('long', bytes('12345'));
    await expect(store.get('long', { maxBytes: 4 })).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  test('the lock is held once and can be taken again when it was given back', async () => {
    const store = make();
    const lock = await store.lock();
    await expect(store.lock()).rejects.toMatchObject({ code: 'LOCKED' });
    await lock.release();
    await (await store.lock()).release();
  });

  test('an abort ends it with its own reason', async () => {
    const reason = new Error('enough');
    await expect(make().get('a', { maxBytes: 1, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
}
