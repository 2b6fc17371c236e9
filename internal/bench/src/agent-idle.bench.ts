import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  makeAuthority,
  signTestModule,
  type TempFolder,
  tempFolder,
  testAuthority,
  tinyModule,
} from '@klpkit-internal/testkit';
import { createFakeKernel } from '@klpkit/kernel/testing';
import { parseTrust } from '@klpkit/payload';
import {
  addRelease,
  createFolderStore,
  createRepository,
  generateSigner,
  openPublisher,
  type RepositoryKeys,
  repositoryRoles,
} from '@klpkit/repository';
import { build } from 'esbuild';
import type { IdleOrder, IdleReading } from './agent-idle-probe.ts';
import type { BenchContext, BenchRow } from './bench.ts';

export const name = 'agent: at rest, its signed source open';

/** `KLPKIT_IDLE_MINUTES=10` for the whole; a short rest weighs its few seconds of settling more. */
const minutes = Number(process.env['KLPKIT_IDLE_MINUTES'] ?? '1');
const mebibyte = 1024 * 1024;
const kernel = { kernel: '6.1.0-56-cloud-amd64', arch: 'x86_64' };
const bare = `setTimeout(() => { console.log(process.memoryUsage.rss()); process.exit(0); }, 5000)`;

/** The agent and a bare Node at the same time, each a process of its own. */
export async function run(context: BenchContext): Promise<BenchRow[]> {
  await using folder = await tempFolder('klpkit-bench-');
  const kernelFolder = join(folder.path, 'kernel');
  await mkdir(kernelFolder);
  const fake = await createFakeKernel({ folder: kernelFolder, release: kernel.kernel, arch: kernel.arch });
  const authority = makeAuthority({ name: 'localhost', algorithm: 'p-256' });
  const server = createServer({ key: authority.key, cert: authority.certificate }, serve(folder));
  try {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const order = await prepare(folder, server, authority.certificate, fake.root);
    context.log(`${minutes} min at rest`);
    const [resting, bareLines] = await Promise.all([
      linesOf([await bundled(folder), JSON.stringify(order)], context.signal),
      linesOf(['-e', bare], context.signal),
    ]);
    const [first, last] = resting.map((line) => JSON.parse(line) as IdleReading);
    if (first === undefined || last === undefined) throw new Error(`the probe said only ${resting.join(' ')}`);
    if (last.why !== '') throw new Error(`the agent rests in ${last.state}: ${last.why}`);
    return rows(first, last, Number(bareLines[0]));
  } finally {
    server.closeAllConnections();
    server.close();
    await fake.close();
  }
}

function rows(first: IdleReading, last: IdleReading, bareBytes: number): BenchRow[] {
  const above = (last.rssBytes - bareBytes) / mebibyte;
  const share = ((last.cpuUs - first.cpuUs) / (minutes * 60_000_000)) * 100;
  return [
    {
      what: `RSS above a bare Node, after ${minutes} min`,
      ours: above,
      peer: bareBytes / mebibyte,
      ratio: null,
      unit: 'MiB (peer: the bare Node)',
      target: 'at most 40 MiB',
      ok: above <= 40,
    },
    {
      what: `CPU of one core over ${minutes} min${minutes < 10 ? ' (the whole is 10)' : ''}`,
      ours: share,
      peer: null,
      ratio: null,
      unit: '%',
      target: 'under 0.1 %',
      ok: share < 0.1,
    },
  ];
}

/** A repository with one release that is nobody's turn yet: the check reads all of its metadata. */
async function prepare({ path }: TempFolder, server: Server, ca: string, root: IdleOrder['root']): Promise<IdleOrder> {
  const store = createFolderStore(join(path, 'repository'));
  const signers = repositoryRoles.map((role) => ({ role, signer: generateSigner().signer }));
  const keys = Object.fromEntries(
    signers.map(({ role, signer }) => [role, { keys: [signer], threshold: 1 }]),
  ) as unknown as RepositoryKeys;
  const all = signers.map(({ signer }) => signer);
  await writeFile(join(path, 'root.json'), await createRepository(store, { keys, signers: all }));
  const { certificate } = testAuthority('rsa-2048');
  const module = tinyModule({
    name: 'lp',
    vermagic: `${kernel.kernel} SMP preempt mod_unload modversions `,
    livepatch: true,
  });
  const payload = await signTestModule(module, testAuthority('rsa-2048'));
  const release = { name: 'lp', version: '1', fixes: [], endOfLife: null, evidence: null };
  const trust = await parseTrust({ certificates: [certificate] });
  await addRelease(await openPublisher(store, { signers: all }), payload, release, { trust });
  const files = { ca: join(path, 'ca.pem'), certificate: join(path, 'cert.pem'), trustedRoot: join(path, 'root.json') };
  await writeFile(files.ca, ca);
  await writeFile(files.certificate, certificate);
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  return { ...files, root, folder: join(path, 'machine'), url, kernel, restMs: minutes * 60_000 };
}

/** The repository's files, and a place where pings go. */
function serve({ path }: TempFolder): Parameters<typeof createServer>[1] & object {
  return (request, response) => {
    if (request.method === 'POST') {
      request.resume();
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"accepted":1,"duplicates":0}');
      return;
    }
    readFile(join(path, decodeURIComponent(request.url ?? ''))).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  };
}

/** As it is shipped: without types to strip and without a file for each module. */
async function bundled({ path }: TempFolder): Promise<string> {
  const outfile = join(path, 'agent-idle-probe.mjs');
  await build({
    entryPoints: [new URL('agent-idle-probe.ts', import.meta.url).pathname],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    conditions: ['@klpkit/source'],
    external: ['koffi'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return outfile;
}

async function linesOf(argv: readonly string[], signal: AbortSignal): Promise<string[]> {
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'], signal });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`a process of the benchmark ended with ${code}`);
  return text.trim().split('\n');
}
