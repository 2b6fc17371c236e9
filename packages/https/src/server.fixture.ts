import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeAuthority, type TestAuthority } from '@klpkit-internal/testkit';

/** A server on the loopback with a certificate for `localhost`. */
export interface TestServer extends AsyncDisposable {
  readonly url: URL;
  /** PEM to trust. */
  readonly ca: string;
}

let shared: TestAuthority | undefined;

/** Starts one that does with each request what the test says. */
export async function startServer(
  listener: RequestListener,
  authority: TestAuthority = (shared ??=
    makeAuthority({ name: 'localhost', algorithm: 'p-256' })),
): Promise<TestServer> {
  const server = createServer({ key: authority.key, cert: authority.certificate }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: new URL(`https://localhost:${(server.address() as AddressInfo).port}/file?secret`),
    ca: authority.certificate,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A file behind a web server that knows ranges. */
export const rangeServer =
  (content: Uint8Array): RequestListener =>
  (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const partial = from > 0 ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, partial).end(content.subarray(from));
  };
