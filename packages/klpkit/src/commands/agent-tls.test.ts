import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { tempFolder, testAuthority } from '@klpkit-internal/testkit';
import { createFakeKernel } from '@klpkit/kernel/testing';
import { expect, test } from 'vitest';
import { runIn } from '../run-in.fixture.ts';

const appId = 'f03daaeb1c334b43a732172944bf772e';

test('agent run: --ca vouches for a mirror, too', { timeout: 60_000 }, async () => {
  await using temp = await tempFolder();
  await mkdir(join(temp.path, 'kernel'));
  const kernel = await createFakeKernel({ folder: join(temp.path, 'kernel') });
  await writeFile(join(temp.path, 'cert.pem'), testAuthority('p-256').certificate);
  const name = ['-subj', '/CN=mirror', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
  const files = ['-keyout', 'key.pem', '-out', 'ca.pem'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...files, ...name], { cwd: temp.path, stdio: 'ignore' });
  expect(await runIn(temp.path, ['repo', 'init', 'r', '--keys', 'k'])).toMatchObject({ exit: 0 });
  const [key, cert] = await Promise.all(['key.pem', 'ca.pem'].map((file) => readFile(join(temp.path, file))));
  const server = createServer({ key: key!, cert: cert! }, (request, response) => {
    readFile(join(temp.path, 'r', decodeURIComponent(request.url ?? ''))).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const run = async (state: string, ...more: string[]) => {
    const source = ['--server', url, '--repository', url, '--root', 'r/metadata/1.root.json'];
    const words = ['agent', 'run', '--once', ...source, '--tier', 'updates', '--app-id', appId, '--cert', 'cert.pem'];
    const onKernel = { kernel: { root: kernel.root, loader: kernel.loader } };
    return runIn(temp.path, [...words, '--state', state, ...more, '--json'], onKernel);
  };
  try {
    expect((await run('trusting', '--ca', 'ca.pem')).rows.at(-1)).toMatchObject({ state: 'nothing-to-apply' });
    expect((await run('doubting')).rows.at(-1)).toMatchObject({ state: 'refused' });
  } finally {
    server.closeAllConnections();
    server.close();
    await kernel.close();
  }
});
