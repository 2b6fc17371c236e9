import { makeAuthority } from '@klpkit-internal/testkit';
import { describe, expect, it } from 'vitest';
import { createHttpsSource } from './https-source.ts';
import { makeRelease, type TestRelease } from './test-release.fixture.ts';
import { type Misbehaviour, startTlsServer } from './tls-server.fixture.ts';

const pathOf = ({ release }: TestRelease): string => `/v1/payloads/${release.sha256}`;

/** A server that keeps no payload itself. */
const handingOver =
  (location: string | undefined, status = 307): Misbehaviour =>
  (path, response) => {
    if (!path.startsWith('/v1/payloads/')) return false;
    response.writeHead(status, location === undefined ? {} : { location }).end();
    return true;
  };

async function fetchFrom(one: TestRelease, server: { url: string; ca: string }): Promise<Uint8Array> {
  const source = createHttpsSource({ url: server.url, ca: server.ca, pingToken: 'a-token-that-stays-here' });
  try {
    return await source.payload(one.release, pathOf(one));
  } finally {
    source.close();
  }
}

describe('a payload that the server has handed over to a CDN', () => {
  it.each([301, 302, 303, 307, 308])(
    'is fetched there after a redirect of %i, without the machine’s token',
    async (status) => {
      const one = await makeRelease();
      const authority = makeAuthority({ name: 'public', algorithm: 'p-256' });
      const issued = makeAuthority({ name: 'localhost', algorithm: 'p-256', issuer: authority });
      await using cdn = await startTlsServer(one, () => false, issued);
      await using server = await startTlsServer(one, handingOver(`${cdn.url}/klp/${one.release.sha256}`, status));
      const bytes = await fetchFrom(one, { url: server.url, ca: `${server.ca}\n${authority.certificate}` });
      expect(Buffer.compare(bytes, one.bytes)).toBe(0);
      expect(cdn.requests).toEqual([`GET /klp/${one.release.sha256}`]);
      expect(cdn.heard.join('')).not.toContain('a-token-that-stays-here');
    },
  );

  it('goes on there where it broke off', async () => {
    const one = await makeRelease();
    const ranges: (string | undefined)[] = [];
    const breakingOff: Misbehaviour = (_path, response, { headers }) => {
      ranges.push(headers.range);
      const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
      const rest = one.bytes.subarray(from);
      if (from > 0) {
        response
          .writeHead(206, { 'content-range': `bytes ${from}-${one.bytes.length - 1}/${one.bytes.length}` })
          .end(rest);
        return true;
      }
      response.writeHead(200, { 'content-length': rest.length });
      response.write(rest.subarray(0, 500), () => response.destroy());
      return true;
    };
    await using cdn = await startTlsServer(one, breakingOff);
    await using server = await startTlsServer(one, handingOver(`${cdn.url}/x`));
    expect(Buffer.compare(await fetchFrom(one, server), one.bytes)).toBe(0);
    expect([ranges[0], ranges.length > 1]).toEqual([undefined, true]);
  });

  it('is not fetched from somebody for whom no authority vouches', async () => {
    const one = await makeRelease();
    await using cdn = await startTlsServer(one, () => false, makeAuthority({ name: 'localhost', algorithm: 'p-256' }));
    await using server = await startTlsServer(one, handingOver(`${cdn.url}/x`));
    await expect(fetchFrom(one, server)).rejects.toMatchObject({ code: 'CERTIFICATE_REJECTED' });
    expect(cdn.requests).toEqual([]);
  });

  it.each(['http://localhost:1/x', 'file:///etc/passwd', 'https://', undefined])(
    'is refused at %s',
    async (location) => {
      const one = await makeRelease();
      await using server = await startTlsServer(one, handingOver(location));
      await expect(fetchFrom(one, server)).rejects.toMatchObject({
        code: 'SERVER_REFUSED',
        message: expect.stringContaining('payloadUrl'),
      });
    },
  );

  it('is followed once and not in a circle', async () => {
    const one = await makeRelease();
    await using server = await startTlsServer(one, handingOver('/v1/payloads/again'));
    await expect(fetchFrom(one, server)).rejects.toMatchObject({ code: 'SERVER_REFUSED', status: 307 });
    expect(server.requests).toHaveLength(2);
  });
});
