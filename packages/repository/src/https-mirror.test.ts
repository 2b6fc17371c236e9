import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { type TempFolder, tempFolder } from '@klpkit-internal/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addRelease, folderMirror, httpsMirror, openRepository, refresh } from './index.ts';
import { type Fixture, kernel, makeFixture } from './repository.fixture.ts';

let temp: TempFolder;
let fixture: Fixture;
const servers: Server[] = [];
beforeEach(async () => {
  temp = await tempFolder();
  fixture = await makeFixture(temp);
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await temp[Symbol.asyncDispose]();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A web server over the repository's folder, with ranges. */
const files: RequestListener = (request, response) => {
  const path = join(fixture.folder, decodeURIComponent((request.url ?? '').replace(/^\/repository/, '')));
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  readFile(path).then(
    (bytes) => {
      const partial = from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
      return response.writeHead(from > 0 ? 206 : 200, partial).end(bytes.subarray(from));
    },
    () => response.writeHead(404).end('no such file'),
  );
};

const httpMirror = (port: number) => httpsMirror(`http://127.0.0.1:${port}/repository`, { allowPlainHttp: true });

async function ship() {
  const init = { name: 'lp', version: '1', fixes: [], endOfLife: null, evidence: null };
  const payload = await fixture.module('lp_1');
  return { payload, ...(await addRelease(await fixture.publisher(), payload, init, { trust: fixture.trust })) };
}

test('a web server does what a folder does, downloads resumed by range included', async () => {
  const { release, payload } = await ship();
  const mirror = httpMirror(await listen(createHttpServer(files)));
  const machine = fixture.machine('m', [mirror]);
  expect((await machine.view(kernel)).releases).toEqual([release]);
  const rest: Uint8Array[] = [];
  for await (const chunk of (await mirror.open(`payloads/${release.sha256}`, { offset: 100 })) ?? []) rest.push(chunk);
  expect(Buffer.concat(rest)).toEqual(Buffer.from(payload.subarray(100)));
  await machine.fetchPayload(release, { file: join(temp.path, 'module.ko') });
});

test('a server that ignores ranges is skipped through', async () => {
  const { release, payload } = await ship();
  const ignoring: RequestListener = (request, response) => {
    delete request.headers.range;
    files(request, response);
  };
  const mirror = httpMirror(await listen(createHttpServer(ignoring)));
  const rest: Uint8Array[] = [];
  for await (const chunk of (await mirror.open(`payloads/${release.sha256}`, { offset: 100 })) ?? []) rest.push(chunk);
  expect(Buffer.concat(rest)).toEqual(Buffer.from(payload.subarray(100)));
});

describe('an ailing server', () => {
  test('that answers 500 is unreachable, and the folder behind it is asked', async () => {
    const broken = httpMirror(await listen(createHttpServer((_, response) => response.writeHead(500).end())));
    await expect(fixture.machine('m', [broken]).view(kernel)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    const view = await fixture.machine('m', [broken, folderMirror(fixture.folder)]).view(kernel);
    expect(view.mirror).toBe(fixture.folder);
  });

  test('that nobody listens for is unreachable', async () => {
    const port = await listen(createHttpServer());
    await new Promise((resolve) => servers.pop()?.close(resolve));
    await expect(fixture.machine('m', [httpMirror(port)]).view(kernel)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  test('that hangs up in the middle is unreachable, and nothing that came is used', async () => {
    const cut: RequestListener = (_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"signed":');
      setTimeout(() => response.destroy(), 10);
    };
    const mirror = httpMirror(await listen(createHttpServer(cut)));
    await expect(fixture.machine('m', [mirror]).view(kernel)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  test('that sends a byte a second is too slow', async () => {
    const dripping: RequestListener = (_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('{'), 100);
      response.on('close', () => clearInterval(timer));
    };
    const mirror = httpMirror(await listen(createHttpServer(dripping)));
    const machine = openRepository({ folder: join(temp.path, 'm'), trustedRoot: fixture.root, mirrors: [mirror] });
    await expect(machine.view(kernel)).rejects.toMatchObject({ code: 'TOO_SLOW' });
  }, 30_000);

  test('is left at once when the caller gives up, with the caller’s reason', async () => {
    const mirror = httpMirror(await listen(createHttpServer(() => undefined)));
    const reason = new Error('enough');
    const signal = AbortSignal.timeout(50);
    const stop = new AbortController();
    signal.addEventListener('abort', () => stop.abort(reason));
    await expect(fixture.machine('m', [mirror]).view(kernel, { signal: stop.signal })).rejects.toBe(reason);
  });
});

describe('TLS', () => {
  const hasOpenssl = (() => {
    try {
      execFileSync('openssl', ['version']);
      return true;
    } catch {
      return false;
    }
  })();

  test.skipIf(!hasOpenssl)(
    'a certificate of an own authority is accepted when it is named, and refused when not',
    async () => {
      const [key, certificate] = [join(temp.path, 'key.pem'), join(temp.path, 'cert.pem')];
      const subject = ['-subj', '/CN=mirror', '-addext', 'subjectAltName=IP:127.0.0.1'];
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:P-256',
          '-nodes',
          '-days',
          '1',
          '-keyout',
          key,
          '-out',
          certificate,
          ...subject,
        ],
        { stdio: 'ignore' },
      );
      const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, files);
      const url = `https://127.0.0.1:${await listen(server)}/repository/`;
      await expect(fixture.machine('a', [httpsMirror(url)]).view(kernel)).rejects.toMatchObject({
        code: 'UNREACHABLE',
      });
      const trusting = httpsMirror(url, { ca: readFileSync(certificate, 'utf8') });
      await expect(fixture.machine('b', [trusting]).view(kernel)).resolves.toMatchObject({ releases: [] });
    },
  );

  test('is not given up for plain HTTP unless that is said', () => {
    expect(() => httpsMirror('http://127.0.0.1/')).toThrow(expect.objectContaining({ code: 'UNREACHABLE' }));
    expect(() => httpsMirror('not an address')).toThrow(expect.objectContaining({ code: 'UNREACHABLE' }));
  });
});

test('a proxy is honoured: it is asked for the whole address, and the repository is read through it', async () => {
  const asked: string[] = [];
  const proxy = createHttpServer((request, response) => {
    const { host, pathname } = new URL(request.url ?? '');
    asked.push(host);
    request.url = pathname;
    files(request, response);
  });
  const through = httpsMirror('http://repository.test/repository', {
    allowPlainHttp: true,
    proxy: `http://127.0.0.1:${await listen(proxy)}`,
  });
  await expect(fixture.machine('m', [through]).view(kernel)).resolves.toMatchObject({ releases: [] });
  expect(new Set(asked)).toEqual(new Set(['repository.test']));
});

test('a proxy for https is asked for a tunnel, in which the certificate is checked', async () => {
  const tunnels: string[] = [];
  const proxy = createHttpServer();
  proxy.on('connect', (request: IncomingMessage, client: Socket) => {
    tunnels.push(request.url ?? '');
    client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  const through = httpsMirror('https://repository.test/repository', {
    proxy: `http://127.0.0.1:${await listen(proxy)}`,
  });
  await expect(fixture.machine('m', [through]).view(kernel)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  expect(new Set(tunnels)).toEqual(new Set(['repository.test:443']));
});

test('after a refresh the same machine goes on with what it has', async () => {
  const machine = fixture.machine('m', [httpMirror(await listen(createHttpServer(files)))]);
  await machine.view(kernel);
  await refresh(await fixture.publisher());
  await expect(machine.view(kernel)).resolves.toMatchObject({ blocklistFault: null });
});
