import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { createHttpsSource } from './https-source.ts';
import { makeTestMachine } from './test-machine.fixture.ts';
import { makeRelease } from './test-release.fixture.ts';
import { startTlsServer } from './tls-server.fixture.ts';

/** A proxy that tunnels to wherever it is asked, and tells where that was. */
async function startProxy() {
  const tunnels: string[] = [];
  const sockets = new Set<Socket>();
  const proxy = createServer();
  proxy.on('connect', (request, client: Socket) => {
    tunnels.push(request.url ?? '');
    const { port } = new URL(`https://${request.url ?? ''}`);
    const upstream = connect(Number(port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    tunnels,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

it.each([
  [
    'goes through the proxy that the environment names, and its certificate is held against the own authority',
    undefined,
  ],
  ['goes past it where NO_PROXY says so', 'localhost'],
])('a whole course %s', async (_, noProxy) => {
  const one = await makeRelease();
  await using machine = await makeTestMachine();
  await using server = await startTlsServer(one);
  await using proxy = await startProxy();
  const proxyEnv = { HTTPS_PROXY: proxy.url, ...(noProxy === undefined ? {} : { NO_PROXY: noProxy }) };
  const source = createHttpsSource({ url: server.url, ca: server.ca, proxyEnv });
  const agent = await machine.newAgent({ source, reporter: source });
  expect((await agent.check()).kind).toBe('healthy');
  expect(await agent.flush()).toBe(true);
  source.close();
  const { host } = new URL(server.url);
  expect([...new Set(proxy.tunnels)]).toEqual(noProxy === undefined ? [host] : []);
});
