import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeAuthority } from '@klpkit-internal/testkit';
import { type Blocklist, emptyBlocklist, refreshBlocklist } from '@klpkit/blocklist';
import { type Ping, parsePingBatch } from '@klpkit/pings';
import { inspectModule } from '@klpkit/payload';
import { type Release, releaseKey } from '@klpkit/release';

/** The name by which the machines know the host. */
export const serverName = 'patches.test';

/** The patch server of these tests: on the host, so no power cut reaches it. Counts a ping once by its idempotency key. */
export interface PatchServer extends AsyncDisposable {
  /** As a machine sees it. */
  readonly url: string;
  readonly ca: string;
  /** Every ping once, in the order in which it was first heard. */
  readonly pings: readonly Ping[];
  /** Puts a release in front, for everybody, in every offer but the first so many; gives its key. */
  publish(payload: Uint8Array, version: string, hiddenOffers?: number): Promise<string>;
  /** Calls `cut` once, when the first ping of this kind that is not late was stored, and does not answer its sender. */
  cutAt(kind: Ping['kind'], cut: () => void): void;
}

/** What the server knows; one object, so that each of the functions below is small. */
interface Desk {
  readonly pings: Map<string, Ping>;
  readonly releases: Published[];
  readonly blocklist: Blocklist;
  offers: number;
  cut: { readonly kind: Ping['kind']; readonly call: () => void } | undefined;
}

/** Starts it on the loopback. */
export async function startPatchServer(): Promise<PatchServer> {
  const authority = makeAuthority({ name: serverName, algorithm: 'p-256' });
  const desk: Desk = {
    pings: new Map(),
    releases: [],
    blocklist: emptyBlocklist(Date.now()),
    offers: 0,
    cut: undefined,
  };
  const server = createServer({ key: authority.key, cert: authority.certificate }, (request, response) => {
    serve(desk, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://${serverName}:${(server.address() as AddressInfo).port}`,
    ca: authority.certificate,
    get pings() {
      return [...desk.pings.values()];
    },
    async publish(payload, version, hiddenOffers = 0) {
      const release = await releaseOf(payload, version);
      desk.releases.unshift({ release, payload, hiddenOffers });
      return releaseKey(release);
    },
    cutAt: (kind, call) => void (desk.cut = { kind, call }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function serve(desk: Desk, request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', `https://${serverName}`);
  if (pathname === '/v1/pings') void takePings(desk, request, response);
  else if (pathname === '/v1/offer') answer(response, offerOf(desk.releases, desk.offers++));
  else if (pathname === '/v1/blocklist') answer(response, refreshBlocklist(desk.blocklist, Date.now()));
  else response.end(desk.releases.find(({ release }) => pathname.endsWith(release.sha256))?.payload);
}

async function takePings(desk: Desk, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const batch = parsePingBatch(JSON.parse(await new Response(ReadableStream.from(request)).text()));
  const fresh = batch.filter(({ id }) => !desk.pings.has(id));
  for (const ping of fresh) desk.pings.set(ping.id, ping);
  const due = desk.cut;
  if (due !== undefined && fresh.some(({ kind, late }) => kind === due.kind && late !== true)) {
    desk.cut = undefined;
    due.call(); // stored, and the machine never hears of it
    return;
  }
  answer(response, { accepted: fresh.length, duplicates: batch.length - fresh.length });
}

async function releaseOf(payload: Uint8Array, version: string): Promise<Release> {
  const { vermagic, arch } = await inspectModule(payload);
  return {
    name: 'klpkit-lab',
    version,
    reroll: 0,
    kernel: vermagic.split(' ', 1)[0] ?? '',
    arch,
    sha256: createHash('sha256').update(payload).digest('hex'),
    size: payload.length,
    fixes: [],
    endOfLife: null,
    evidence: null,
  };
}

interface Published {
  readonly release: Release;
  readonly payload: Uint8Array;
  readonly hiddenOffers: number;
}

function offerOf(releases: readonly Published[], offersBefore: number): unknown {
  const visible = releases.filter(({ hiddenOffers }) => offersBefore >= hiddenOffers);
  const [offer = null, ...earlier] = visible.map(({ release }) => ({
    release,
    rollout: { release: releaseKey(release), paused: false, tiers: [{ tier: 'updates', microPercent: 100_000_000 }] },
    payload: `/v1/payloads/${release.sha256}`,
  }));
  return { offer, earlier, reason: offer === null ? 'no-release' : null, message: 'from the lab' };
}

function answer(response: ServerResponse, json: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json));
}
