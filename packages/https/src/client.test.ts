import { createServer as createPlainServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { makeAuthority } from '@klpkit-internal/testkit';
import { describe, expect, it } from 'vitest';
import { bodyFrom, readBody } from './body.ts';
import { createHttpsClient, type HttpsClientOptions } from './client.ts';
import type { HttpsRequestOptions } from './exchange.ts';
import { rangeServer, startServer } from './server.fixture.ts';

const content = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);

/** One request to a server of this test's own, its body read to the end. */
async function ask(
  listener: RequestListener,
  request: HttpsRequestOptions = {},
  client: HttpsClientOptions = {},
): Promise<{ status: number; start: number; body: Uint8Array }> {
  await using server = await startServer(listener);
  const https = createHttpsClient({ ca: server.ca, ...client });
  try {
    const answer = await https.request(server.url, request);
    return { status: answer.status, start: answer.start, body: await readBody(answer) };
  } finally {
    https.close();
  }
}

const failed = (code: string) => ({
  name: 'HttpsError',
  code,
  message: expect.stringMatching(new RegExp(`^\\[${code}\\] .{20,}`)) as string,
});

/** Never ends by itself. */
const endless: RequestListener = (_, response) => {
  const more = (): void => {
    while (!response.destroyed && response.write(new Uint8Array(65_536)));
    if (!response.destroyed) response.once('drain', more);
  };
  response.writeHead(200);
  more();
};

const silent: RequestListener = () => undefined;
/** Begins, and says no more. */
const stuck: RequestListener = (_, response) => void response.writeHead(200, { 'content-length': 10 }).write('x');

describe('an answer', () => {
  it('is there whatever its status, and a redirect is not followed', async () => {
    const { status, body } = await ask((_, response) =>
      response.writeHead(302, { location: 'https://elsewhere.test/' }).end('moved'),
    );
    expect([status, new TextDecoder().decode(body)]).toEqual([302, 'moved']);
  });

  it('to a body is that to a POST', async () => {
    const { body } = await ask(
      (request, response) => {
        response.write(`${request.method} ${request.headers['content-type']} `);
        request.pipe(response);
      },
      { body: '{}', headers: { 'content-type': 'application/json' } },
    );
    expect(new TextDecoder().decode(body)).toBe('POST application/json {}');
  });

  it('that is given up leaves the client usable', async () => {
    await using server = await startServer(endless);
    const https = createHttpsClient({ ca: server.ca, maxSockets: 1 });
    for (let times = 0; times < 3; times += 1) (await https.request(server.url)).discard();
    for await (const chunk of (await https.request(server.url)).body) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect((await https.request(server.url)).status).toBe(200);
    https.close();
  });
});

describe('a range', () => {
  it('is what comes, where the server knows ranges', async () => {
    const { status, start, body } = await ask(rangeServer(content), { from: 700 });
    expect([status, start]).toEqual([206, 700]);
    expect(body).toEqual(Buffer.from(content.subarray(700)));
  });

  it.each([0, 1, 500, 999, 1000])('from byte %i on is cut out where the server ignores it', async (from) => {
    await using server = await startServer((_, response) => {
      response.writeHead(200);
      for (let at = 0; at < content.length; at += 100) response.write(content.subarray(at, at + 100));
      response.end();
    });
    const https = createHttpsClient({ ca: server.ca });
    const answer = await https.request(server.url, { from });
    expect(answer.start).toBe(0);
    expect(await readBody({ body: bodyFrom(answer, from) })).toEqual(Buffer.from(content.subarray(from)));
    https.close();
  });

  it.each([
    ['another part', 'bytes 10-999/1000'],
    ['a part whose number only begins alike', 'bytes 7000-9999/10000'],
    ['nobody knows which part', undefined],
  ])('that is %s is refused', async (_, contentRange) => {
    const answer = ask(
      (__, response) =>
        response.writeHead(206, contentRange === undefined ? {} : { 'content-range': contentRange }).end('x'),
      { from: 700 },
    );
    await expect(answer).rejects.toMatchObject(failed('WRONG_RANGE'));
  });

  it('that nobody asked for is refused', async () => {
    const answer = ask((_, response) => response.writeHead(206, { 'content-range': 'bytes 0-0/2' }).end('x'));
    await expect(answer).rejects.toMatchObject(failed('WRONG_RANGE'));
  });
});

describe('a bound', () => {
  it.each([
    ['announced', (length: number) => ({ 'content-length': length })],
    ['counted', () => ({})],
  ])('on the length is kept to the byte, %s', async (_, headers) => {
    const send: RequestListener = (__, response) => response.writeHead(200, headers(content.length)).end(content);
    expect((await ask(send, { maxBytes: 1000 })).body).toHaveLength(1000);
    await expect(ask(send, { maxBytes: 999 })).rejects.toMatchObject(failed('TOO_LONG'));
  });

  it('on the length counts from the first byte of the content', async () => {
    expect((await ask(rangeServer(content), { from: 700, maxBytes: 1000 })).body).toHaveLength(300);
    await expect(ask(rangeServer(content), { from: 700, maxBytes: 999 })).rejects.toMatchObject(failed('TOO_LONG'));
  });

  it('on the length ends what never would', async () => {
    await expect(ask(endless, { maxBytes: 1 << 20 })).rejects.toMatchObject(failed('TOO_LONG'));
  });

  it('on the time: the header', async () => {
    await expect(ask(silent, { headerMs: 50 })).rejects.toMatchObject(failed('TOO_SLOW'));
    await expect(ask(silent, { wholeMs: 50 })).rejects.toMatchObject(failed('TOO_SLOW'));
  });

  it('on the time: the body', async () => {
    await expect(ask(stuck, { wholeMs: 300 })).rejects.toMatchObject(failed('TOO_SLOW'));
  });

  it('on the time that nobody waits for harms nobody', async () => {
    const gone = Promise.withResolvers<void>();
    await using server = await startServer((request, response) => {
      response.on('close', gone.resolve);
      stuck(request, response);
    });
    const https = createHttpsClient({ ca: server.ca });
    const answer = await https.request(server.url, { wholeMs: 2000 });
    await gone.promise; // an error that has no listener would have ended the process by now
    await expect(readBody(answer)).rejects.toMatchObject(failed('TOO_SLOW'));
    https.close();
  });
});

describe('an abort', () => {
  const reason = new Error('enough');

  it('passes through with its own reason, before and in the header and in the body', async () => {
    const stop = new AbortController();
    const inHeader = ask(() => stop.abort(reason), { signal: stop.signal });
    await expect(inHeader).rejects.toBe(reason);
    await expect(ask(silent, { signal: stop.signal })).rejects.toBe(reason);
    const later = new AbortController();
    await using server = await startServer(stuck);
    const https = createHttpsClient({ ca: server.ca });
    const { body } = await https.request(server.url, { signal: later.signal });
    const read = async () => {
      for await (const _ of body) later.abort(reason);
    };
    await expect(read()).rejects.toBe(reason);
    https.close();
  });
});

describe('a server', () => {
  const to = async (url: URL, options: HttpsClientOptions = {}) => {
    const https = createHttpsClient(options);
    try {
      return await https.request(url, { headerMs: 10_000 });
    } finally {
      https.close();
    }
  };

  it.each([
    ['at a port where nobody listens', 'https://127.0.0.1:9/'],
    ['whose name does not exist', 'https://patches.invalid/'],
  ])('%s is unreachable', async (_, url) => {
    await expect(to(new URL(url))).rejects.toMatchObject(failed('UNREACHABLE'));
  });

  it('that hangs up in the middle was unreachable, and its address stays private', async () => {
    const hangsUp = ask((_, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('x', () => response.destroy());
    });
    await expect(hangsUp).rejects.toMatchObject(failed('UNREACHABLE'));
    await expect(hangsUp).rejects.not.toThrow(/secret|file/);
  });

  it.each([
    ['of an unknown authority', {}, makeAuthority({ name: 'another', algorithm: 'p-256' }).certificate],
    ['for another name', { name: 'elsewhere.test' }, undefined],
    ['that has expired', { notAfter: new Date('2025-01-01') }, undefined],
  ])('with a certificate %s is refused', async (_, change, ca) => {
    const authority = makeAuthority({ name: 'localhost', algorithm: 'p-256', ...change });
    await using server = await startServer(silent, authority);
    await expect(to(server.url, { ca: ca ?? server.ca })).rejects.toMatchObject(failed('CERTIFICATE_REJECTED'));
  });

  it('that speaks no TLS is told so', async () => {
    const plain = createSocketServer((socket) =>
      socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    ).listen(0, '127.0.0.1');
    await new Promise((resolve) => plain.once('listening', resolve));
    const { port } = plain.address() as AddressInfo;
    await expect(to(new URL(`https://127.0.0.1:${port}/`))).rejects.toMatchObject(failed('TLS_FAILED'));
    plain.close();
  });

  it('of plain HTTP is asked only where that is allowed', async () => {
    const server = createPlainServer((_, response) => response.end('plain')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await expect(to(url)).rejects.toMatchObject(failed('NOT_HTTPS'));
    expect((await to(url, { allowPlainHttp: true })).status).toBe(200);
    await expect(to(new URL('file:///etc/passwd'), { allowPlainHttp: true })).rejects.toMatchObject(
      failed('NOT_HTTPS'),
    );
    server.close();
  });
});
