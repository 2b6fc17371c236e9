import { lastLogSequence, readCounters } from '@klpkit/kernel';
import { type Ping, parsePing } from '@klpkit/pings';
import type { Effect } from './effect.ts';
import type { Hands } from './workbench.ts';

type Of<K extends Effect['kind']> = Extract<Effect, { kind: K }>;

/** Writes what the crash guard and the health checks need, from before the load, and has it on disk when it resolves. */
export async function openRecord({ attempt, module }: Of<'open-record'>, { body }: Hands): Promise<undefined> {
  const { release, payload, attemptId, reapply } = attempt;
  await body.journal.open({
    release,
    payload,
    attemptId,
    reapply,
    module,
    bootId: body.kernelInfo.bootId,
    phase: 'inserting',
    logSeq: await lastLogSequence(body.kernelOptions),
    counters: await readCounters(body.kernelOptions),
    appliedAt: null,
    waitedMs: 0,
    nextHealth: 0,
    stopped: false,
  });
}

/** Notes how far the attempt got. */
export async function advanceRecord({ change }: Of<'advance-record'>, { body }: Hands): Promise<undefined> {
  await body.journal.advance(change);
}

/** Ends the record, and drops payloads that nobody will put back. */
export async function closeRecord({ outcome }: Of<'close-record'>, { body, bench }: Hands): Promise<undefined> {
  await bench.watch?.return?.();
  delete bench.watch;
  delete bench.module;
  delete bench.bytes;
  await body.journal.close(outcome);
  await body.payloads.prune(new Set(body.journal.memory().held.map(({ release }) => release.sha256)));
}

/** Completes the ping, has it on disk, and starts its delivery without waiting for it. */
export async function report({ draft, attemptId, late }: Of<'report'>, { body }: Hands): Promise<undefined> {
  const { release: kernel, arch } = body.kernelInfo;
  const ping = {
    ...draft,
    id: body.random.uuid(),
    attemptId,
    kernel,
    arch,
    tier: body.ports.identity.tier,
    sentAt: body.epochMs(),
    ...(late === undefined ? {} : { late }),
  } as Ping;
  await body.spool.append(parsePing(ping));
  void body.spool.flush();
}

/** Waits until the server has everything, or for the time that the schedule gives it. */
export async function deliver({ body, signal }: Hands): Promise<undefined> {
  const enough = new AbortController();
  const stop = signal === undefined ? enough.signal : AbortSignal.any([signal, enough.signal]);
  const patience = body.clock.sleep(body.schedule.beforePingMs, stop).catch(() => undefined);
  await Promise.race([body.spool.flush(), patience]);
  enough.abort();
  signal?.throwIfAborted();
}
