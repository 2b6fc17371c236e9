import { X509Certificate } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createServer, connect, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { tempFolder } from '@klpkit-internal/testkit';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCertificates } from './keeper.ts';

const dayMs = 86_400_000;
const log = pino({ level: 'silent' });
let folder: Awaited<ReturnType<typeof tempFolder>>;
let now = Date.now();
beforeEach(async () => {
  folder = await tempFolder();
  now = Date.now();
});
afterEach(() => folder[Symbol.asyncDispose]());

const open = (names: string[] = []) =>
  openCertificates(folder.path, {
    tls: { names, lifetimeMs: 90 * dayMs, checkIntervalMs: 1000 },
    clock: () => now,
    log,
  });
const leaf = (cert: string) => new X509Certificate(cert);

describe('the certificate', () => {
  it('is made at the first start, for the names it is asked for, and readable by its owner alone', async () => {
    const keeper = await open(['10.0.2.2', 'patches.example.org', '::ffff:10.0.0.1', 'fe80::1']);
    const certificate = leaf(keeper.current().cert);
    for (const host of ['localhost', 'patches.example.org']) expect(certificate.checkHost(host)).toBe(host);
    for (const address of ['127.0.0.1', '::1', '10.0.2.2', 'fe80::1'])
      expect(certificate.checkIP(address)).toBe(address);
    expect(certificate.checkHost('other.example.org')).toBeUndefined();
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(certificate.verify(leaf(keeper.authority).publicKey)).toBe(true);
    for (const name of ['server.key', 'server.crt', 'authority.key']) {
      expect((await stat(join(folder.path, name))).mode & 0o777).toBe(0o600);
    }
  });

  it('stays over a restart', async () => {
    const first = (await open()).current();
    expect((await open()).current()).toEqual(first);
  });

  it('is renewed when a third is left, by the same authority', async () => {
    const keeper = await open();
    const first = keeper.current();
    now += 59 * dayMs;
    expect(await keeper.renewIfDue()).toBe(false);
    now += 2 * dayMs;
    expect(await keeper.renewIfDue()).toBe(true);
    const second = leaf(keeper.current().cert);
    expect(second.serialNumber).not.toBe(leaf(first.cert).serialNumber);
    expect(second.verify(leaf(keeper.authority).publicKey)).toBe(true);
    expect(keeper.endsAt()).toBeGreaterThan(now + 89 * dayMs);
    expect((await open()).current()).toEqual(keeper.current());
  });

  it('is made anew for a name that was added', async () => {
    await open();
    expect(leaf((await open(['added.example.org'])).current().cert).checkHost('added.example.org')).toBe(
      'added.example.org',
    );
  });

  it('is made anew where key and certificate do not belong together, or one is broken', async () => {
    const first = (await open()).current();
    await writeFile(join(folder.path, 'server.key'), await readFile(join(folder.path, 'authority.key')));
    const second = (await open()).current();
    expect(second.cert).not.toBe(first.cert);
    await writeFile(join(folder.path, 'server.crt'), 'nonsense');
    expect((await open()).current().cert).not.toBe(second.cert);
    await rm(join(folder.path, 'server.key'));
    expect((await open()).current().key).toContain('PRIVATE KEY');
  });

  it('says what to do when the authority itself ends', async () => {
    await open();
    now += 19.9 * 365 * dayMs;
    await expect(open()).rejects.toMatchObject({
      code: 'STATE_DIR_UNUSABLE',
      message: expect.stringContaining('authority.crt'),
    });
  });

  it('is swapped without breaking what is connected', async () => {
    const keeper = await open();
    const server = createServer(keeper.current(), (socket) => socket.pipe(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const dial = async (): Promise<TLSSocket> => {
      const socket = connect({ port, host: '127.0.0.1', ca: keeper.authority });
      await once(socket, 'secureConnect');
      return socket;
    };
    const before = await dial();
    // As far ahead that it is due, and not so far that a real clock would call the new one not yet valid.
    const soon = await openCertificates(folder.path, {
      tls: { names: [], lifetimeMs: 400 * dayMs, checkIntervalMs: 1 },
      clock: Date.now,
      log,
    });
    server.setSecureContext(soon.current());
    const after = await dial();
    expect(after.authorized).toBe(true);
    expect(after.getPeerCertificate().serialNumber).not.toBe(before.getPeerCertificate().serialNumber);
    before.write('still here');
    expect(String((await once(before, 'data'))[0])).toBe('still here');
    before.destroy();
    after.destroy();
    server.close();
  });
});
