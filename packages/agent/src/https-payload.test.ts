import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { tempFolder } from '@klpkit-internal/testkit';
import { describe, expect, it } from 'vitest';
import { createHttpsSource } from './https-source.ts';
import { makeTestMachine } from './test-machine.fixture.ts';
import { makeRelease, type TestRelease } from './test-release.fixture.ts';
import { type Misbehaviour, startTlsServer } from './tls-server.fixture.ts';

/** How an answer breaks off: after so many bytes, and not before `until` resolves. */
interface Break {
  readonly after: number;
  readonly until?: () => Promise<unknown>;
}

/** Serves ranges as a web server does, and breaks off where it is told to. */
function rangeServer(
  { bytes }: TestRelease,
  ranges: (string | undefined)[],
  breakOf: () => Break | undefined = () => undefined,
): Misbehaviour {
  return (path, response, request) => {
    if (!path.startsWith('/v1/payloads/')) return false;
    ranges.push(request.headers.range);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const rest = bytes.subarray(from);
    const partial = from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length, ...partial });
    const broken = breakOf();
    if (broken === undefined) response.end(rest);
    else {
      response.write(rest.subarray(0, broken.after));
      void Promise.resolve(broken.until?.()).then(() => response.destroy());
    }
    return true;
  };
}

/** What a broken connection has not delivered is lost, so it breaks when the part has it. */
async function untilPartHas(file: string, bytes: number): Promise<void> {
  while ((await stat(file).catch(() => ({ size: 0 }))).size < bytes) await setTimeout(5);
}

const pathOf = ({ release }: TestRelease) => `/v1/payloads/${release.sha256}`;

describe('a payload on its way', () => {
  it('that breaks off is gone on with by another process', async () => {
    await using folder = await tempFolder();
    const one = await makeRelease();
    const ranges: (string | undefined)[] = [];
    let isAway = true;
    const downloads = join(folder.path, 'downloads');
    const part = join(downloads, `${one.release.sha256}.part`);
    const breakOf = (): Break | undefined => {
      if (!isAway) return undefined;
      return ranges.length === 1 ? { after: 500, until: () => untilPartHas(part, 500) } : { after: 0 };
    };
    await using server = await startTlsServer(one, rangeServer(one, ranges, breakOf));
    const { url, ca } = server;
    const first = createHttpsSource({ url, ca, downloads });
    await expect(first.payload(one.release, pathOf(one))).rejects.toMatchObject({ code: 'PAYLOAD_TRUNCATED' });
    first.close();
    const { size, mode } = await stat(part);
    expect([size, mode & 0o777, (await stat(downloads)).mode & 0o777]).toEqual([500, 0o600, 0o700]);
    isAway = false;
    const second = createHttpsSource({ url, ca, downloads });
    const bytes = await second.payload(one.release, pathOf(one));
    second.close();
    expect(Buffer.compare(bytes, one.bytes)).toBe(0);
    expect(ranges.at(-1)).toBe('bytes=500-');
    expect(await readdir(downloads)).toEqual([]);
  });

  it.each([
    ['wrong bytes from a disk that lied', (size: number) => new Uint8Array(size - 1)],
    ['all of it, and wrong', (size: number) => new Uint8Array(size)],
    ['more than the payload is long', (size: number) => new Uint8Array(size + 1)],
  ])('with %s: nothing is inserted of it, and at the latest the check after takes the whole', async (_, left) => {
    const one = await makeRelease();
    await using machine = await makeTestMachine();
    await using server = await startTlsServer(one, rangeServer(one, []));
    const downloads = machine.stateFolder;
    const source = createHttpsSource({ url: server.url, ca: server.ca, downloads });
    const agent = await machine.newAgent({ source, reporter: source });
    await agent.start();
    await writeFile(join(downloads, `${one.release.sha256}.part`), left(one.release.size));
    const first = await agent.check();
    if (first.kind === 'refused') {
      expect(first).toMatchObject({ phase: 'verify', failure: { code: 'DIGEST_MISMATCH' } });
      expect(machine.kernel.modules).toEqual([]);
      await agent.check();
    }
    expect(machine.kernel.modules).toEqual(['klp_cve_2026_0001_1']);
    source.close();
  });

  it('of another release makes room: the folder never holds more than one', async () => {
    await using folder = await tempFolder();
    const one = await makeRelease();
    const part = join(folder.path, `${one.release.sha256}.part`);
    let had = 0;
    const broken = (): Break => ({ after: 10, until: () => untilPartHas(part, (had += 10)) });
    await using server = await startTlsServer(one, rangeServer(one, [], broken));
    await writeFile(join(folder.path, `${'0'.repeat(64)}.part`), 'old');
    const source = createHttpsSource({ url: server.url, ca: server.ca, downloads: folder.path });
    await expect(source.payload(one.release, pathOf(one))).rejects.toMatchObject({ code: 'PAYLOAD_TRUNCATED' });
    source.close();
    expect(await readdir(folder.path)).toEqual([`${one.release.sha256}.part`]);
  });

  it('is refused where its folder cannot be made', async () => {
    await using folder = await tempFolder();
    const one = await makeRelease();
    await using server = await startTlsServer(one);
    await writeFile(join(folder.path, 'file'), '');
    const source = createHttpsSource({ url: server.url, ca: server.ca, downloads: join(folder.path, 'file', 'x') });
    await expect(source.payload(one.release, pathOf(one))).rejects.toMatchObject({ code: 'STATE_UNUSABLE' });
    source.close();
  });
});
