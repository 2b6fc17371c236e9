/**
 * An agent at rest, as a service has it: its signed repository open, one check behind it and the next an hour away. Bundled and run as a process
 * of its own: node agent-idle-probe.js ORDER. Prints a line of JSON when it has come to rest, and one when its time is over.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAgent, createFolderStore, defaultSchedule, type Source } from '@klpkit/agent';
import { createHttpsSource } from '@klpkit/agent/https';
import type { KernelRoot } from '@klpkit/kernel';
import { parseTrust } from '@klpkit/payload';
import { httpsMirror, openRepository, type RepositoryView } from '@klpkit/repository';
import { releaseKey } from '@klpkit/release';

/** What the benchmark tells its probe. */
export interface IdleOrder {
  readonly root: KernelRoot;
  readonly folder: string;
  /** Of the web server that has the repository and takes the pings. */
  readonly url: string;
  /** Files: PEM of the server's authority, PEM to trust for livepatches, the repository's root.json. */
  readonly ca: string;
  readonly certificate: string;
  readonly trustedRoot: string;
  readonly kernel: { readonly kernel: string; readonly arch: string };
  /** How long it rests before the last line, ms. */
  readonly restMs: number;
}

/** What it says of itself. */
export interface IdleReading {
  readonly rssBytes: number;
  /** Since the process began. */
  readonly cpuUs: number;
  readonly state: string;
  /** What went wrong, if anything did. */
  readonly why: string;
}

const order = JSON.parse(process.argv[2] ?? '') as IdleOrder;
const ca = await readFile(order.ca, 'utf8');
const pings = createHttpsSource({ url: order.url, ca });
const repository = openRepository({
  folder: join(order.folder, 'repository'),
  trustedRoot: await readFile(order.trustedRoot),
  mirrors: [httpsMirror(`${order.url}/repository`, { ca })],
});
let shared: Promise<RepositoryView> | undefined;
const view = (): Promise<RepositoryView> => {
  shared ??= repository.view(order.kernel).finally(() => {
    shared = undefined;
  });
  return shared;
};
/** As `klpkit agent run --repository` reads it: offer and blocklist are two readings of one view. */
const source: Source = {
  provesSuccession: true,
  async offer() {
    const { releases, rollouts } = await view();
    const candidates = releases.flatMap((release) => {
      const rollout = rollouts.find((one) => one.release === releaseKey(release));
      return rollout === undefined ? [] : [{ release, rollout, payload: release.sha256 }];
    });
    return { candidates, reason: 'no-release', message: '' };
  },
  blocklist: async () => (await view()).blocklist,
  payload: () => Promise.reject(new Error('nothing is applied here')),
};
const agent = createAgent({
  identity: {
    machineId: '0102030405060708090a0b0c0d0e0f10',
    appId: 'f03daaeb1c334b43a732172944bf772e',
    tier: 'updates',
  },
  kernel: { root: order.root },
  trust: await parseTrust({ certificates: [await readFile(order.certificate, 'utf8')] }),
  source,
  reporter: pings,
  store: createFolderStore(join(order.folder, 'state')),
  schedule: defaultSchedule,
});

function read(): void {
  const { user, system } = process.cpuUsage();
  const state = agent.state();
  const reading: IdleReading = {
    rssBytes: process.memoryUsage.rss(),
    cpuUs: user + system,
    state: state.kind,
    why: 'failure' in state ? state.failure.message : '',
  };
  console.log(JSON.stringify(reading));
}

await agent.check();
await agent.flush();
const stop = new AbortController();
const running = agent.run({ signal: stop.signal }).catch(() => undefined);
setTimeout(read, 5000);
setTimeout(() => {
  read();
  stop.abort();
  void running.then(() => process.exit(0));
}, 5000 + order.restMs);
