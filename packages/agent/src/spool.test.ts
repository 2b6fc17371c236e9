import { randomUUID } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from '@klpkit-internal/testkit';
import { type Ping, parsePing } from '@klpkit/pings';
import { describe, expect, it } from 'vitest';
import { AgentError } from './error.ts';
import { createFolderStore } from './folder-store.ts';
import type { AgentEvent } from './ports.ts';
import { openSpool } from './spool.ts';

const ping = (): Ping =>
  parsePing({
    kind: 'before',
    id: randomUUID(),
    attemptId: randomUUID(),
    release: 'lp-1',
    kernel: '6.1.0-56-amd64',
    arch: 'x86_64',
    tier: 'updates',
    sentAt: 1,
  });

/** A reporter that answers by script, and remembers what it took. */
function scripted(...answers: (Error | undefined)[]) {
  const batches: string[][] = [];
  return {
    batches,
    send: (pings: readonly Ping[]) => {
      batches.push(pings.map((one) => one.id));
      const answer = answers.shift();
      return answer === undefined ? Promise.resolve() : Promise.reject(answer);
    },
  };
}
const away = new AgentError('SERVER_UNREACHABLE', 'away');
const wrong = new AgentError('SERVER_REFUSED', 'wrong', { status: 400 });

describe('the spool', () => {
  it('keeps pings on disk until the server has them', async () => {
    await using folder = await tempFolder();
    const reporter = scripted(away);
    const spool = await openSpool(createFolderStore(folder.path), reporter, () => undefined);
    const one = ping();
    await spool.append(one);
    expect(await spool.flush()).toBe(false);
    expect(await readFile(join(folder.path, 'spool.jsonl'), 'utf8')).toContain(one.id);
    expect(await spool.flush()).toBe(true);
    expect(await readFile(join(folder.path, 'spool.jsonl'), 'utf8')).toBe('');
    expect(reporter.batches).toEqual([[one.id], [one.id]]);
  });

  it('is read again by the next process, in order, without a line that a power cut tore', async () => {
    await using folder = await tempFolder();
    const first = await openSpool(createFolderStore(folder.path), scripted(), () => undefined);
    const pings = [ping(), ping(), ping()];
    for (const one of pings) await first.append(one);
    await appendFile(join(folder.path, 'spool.jsonl'), '{"kind":"before","id":"tor');
    const reporter = scripted();
    const second = await openSpool(createFolderStore(folder.path), reporter, () => undefined);
    expect(await second.flush()).toBe(true);
    expect(reporter.batches).toEqual([pings.map((one) => one.id)]);
  });

  it('sends no more in one batch than a server takes', async () => {
    await using folder = await tempFolder();
    const reporter = scripted();
    const spool = await openSpool(createFolderStore(folder.path), reporter, () => undefined);
    for (let index = 0; index < 300; index += 1) await spool.append(ping());
    expect(await spool.flush()).toBe(true);
    expect(reporter.batches.map((batch) => batch.length)).toEqual([256, 44]);
  });

  it('drops a ping that the server will never take, and only that', async () => {
    await using folder = await tempFolder();
    const reporter = scripted(wrong, wrong, undefined);
    const events: AgentEvent[] = [];
    const spool = await openSpool(createFolderStore(folder.path), reporter, (event) => void events.push(event));
    const [bad, good] = [ping(), ping()];
    await spool.append(bad);
    await spool.append(good);
    expect(await spool.flush()).toBe(true);
    expect(reporter.batches).toEqual([[bad.id, good.id], [bad.id], [good.id]]);
    expect(events).toMatchObject([{ code: 'PING_REFUSED' }]);
  });

  it('sends everything once where two ask for it at the same time', async () => {
    await using folder = await tempFolder();
    const reporter = scripted();
    const spool = await openSpool(createFolderStore(folder.path), reporter, () => undefined);
    await spool.append(ping());
    expect(await Promise.all([spool.flush(), spool.flush()])).toEqual([true, true]);
    expect(reporter.batches).toHaveLength(1);
  });
});
