import { randomUUID } from 'node:crypto';
import { documentOf, type Harness, ping, until } from '../harness.ts';
import type { PatchView } from '../../dashboard/views.ts';

type Pings = Record<string, unknown>[];

/** What a test says of the attempts that machines report. */
export interface Fleet {
  /** The tier that its machines say they are of; `internal` at first. */
  tier: string;
  readonly key: string;
  readonly kernel: string;
  good(count: number): Pings;
  bad(count: number, error?: Record<string, unknown>): Pings;
  /** Machines that begin and are not heard of again. */
  silent(count: number): Pings;
  check(count: number, rest: Record<string, unknown>): Pings;
  /** Sends them; resolves when they are counted. */
  report(...pings: Pings[]): Promise<void>;
  view(): Promise<PatchView>;
}

/** What a kernel says when a livepatch was no good. */
export const crash = {
  phase: 'health',
  code: 'KERNEL_FAULT',
  incidents: [
    {
      kind: 'fault',
      title: 'BUG: unable to handle page fault in nft_chain_validate [lp]',
      attribution: 'strong',
      trace: [
        'BUG: unable to handle page fault for address: <address>',
        'RIP: 0010:nft_chain_validate+0x5c/0x120 [lp]',
        'Call Trace:',
        ' nft_table_validate+0x49/0x90 [nf_tables]',
        ' nf_tables_commit+0x1b/0xd70 [nf_tables]',
        ' nfnetlink_rcv_batch+0x6f2/0x9a0 [nfnetlink]',
      ],
    },
  ],
};

/** Publishes a release and speaks for the machines that try it. */
export async function publishFleet(
  harness: Harness,
  release: {
    readonly name: string;
    readonly version?: string;
    readonly kernel: string;
    readonly fixes?: readonly string[];
  },
  clock: () => number = Date.now,
): Promise<Fleet> {
  const { name, version = '1', kernel, fixes = [] } = release;
  const { answer } = await harness.publish({ name, version, kernel, fixes });
  const key = `${name}-${version}`;
  if (answer.status !== 201) throw new Error(answer.bytes.toString());
  const view = async (): Promise<PatchView> =>
    documentOf(await harness.ask('GET', `/v1/dashboard/patches/${key}`, { token: harness.token })) as PatchView;
  const attempts = (count: number, ...kinds: (readonly [string, Record<string, unknown>?])[]): Pings =>
    Array.from({ length: count }, () => randomUUID()).flatMap((attemptId) =>
      kinds.map(([kind, rest]) =>
        ping(kind, { release: key, kernel, tier: fleet.tier, attemptId, sentAt: clock(), ...rest }),
      ),
    );
  const fleet: Fleet = {
    tier: 'internal',
    key,
    kernel,
    good: (count) =>
      attempts(
        count,
        ['before'],
        ['after', { durationMs: 7 }],
        ['health', { index: 0, sinceAppliedMs: 0, waitedMs: 1200, healthy: true }],
        ['health', { index: 3, sinceAppliedMs: 900_000, healthy: true }],
      ),
    bad: (count, error = crash) => attempts(count, ['before'], ['after', { durationMs: 7 }], ['error', error]),
    silent: (count) => attempts(count, ['before'], ['after', { durationMs: 7 }]),
    check: (count, rest) => attempts(count, ['check', { outcome: 'held', ...rest }]),
    report: async (...lists) => send(harness, lists.flat(), view),
    view,
  };
  return fleet;
}

async function send(harness: Harness, pings: Pings, view: () => Promise<PatchView>): Promise<void> {
  const counted = async (): Promise<number> => (await view()).pings.reduce((sum, one) => sum + one.pings, 0);
  const before = await counted();
  for (let from = 0; from < pings.length; from += 250) {
    const { status, bytes } = await harness.ask('POST', '/v1/pings', {
      body: { pings: pings.slice(from, from + 250) },
    });
    if (status !== 200) throw new Error(bytes.toString());
  }
  await until(async () => (await counted()) === before + pings.length);
}
