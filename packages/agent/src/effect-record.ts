import { lastLogSequence, readCounters } from '@klpkit/kernel';
import type { Ping } from '@klpkit/pings';
import { completePing } from './complete-ping.ts';
import type { Effect } from './effect.ts';
import type { Outcome } from './journal.ts';
import { pstoreDigests } from './pstore-text.ts';
import type { Hands } from './workbench.ts';

type Of<K extends Effect['kind']> = Extract<Effect, { kind: K }>;

/** Writes what the crash guard and the health checks need, from before the load, and has it on disk when it resolves. */
export async function openRecord({ attempt, module }: Of<'open-record'>, { body }: Hands): Promise<undefined> {
  const { release, payload, attemptId, reapply, tries } = attempt;
  await body.journal.open({
    release,
    payload,
    attemptId,
    reapply,
    module,
    bootId: body.kernelInfo.bootId,
    phase: 'inserting',
    stalledTasks: [],
    logSeq: await lastLogSequence(body.kernelOptions),
    counters: await readCounters(body.kernelOptions),
    appliedAt: null,
    waitedMs: 0,
    nextHealth: 0,
    stopped: false,
    pstore: await pstoreDigests(body.kernelOptions),
    openedAt: body.epochMs(),
    tries: tries ?? 1,
  });
}

/** Notes how far the attempt got. */
export async function advanceRecord({ change }: Of<'advance-record'>, { body }: Hands): Promise<undefined> {
  await body.journal.advance(change);
}

/** Ends the record with the attempt's last ping, and drops payloads that nobody will put back. */
export async function closeRecord({ outcome, last }: Of<'close-record'>, hands: Hands): Promise<undefined> {
  await endRecord(outcome, last === undefined ? undefined : completePing(last, hands.body), hands);
}

/** Ends a record on disk together with the ping that is owed from then on, and pays it into the spool. */
export async function endRecord(outcome: Outcome, last: Ping | undefined, { body, bench }: Hands): Promise<void> {
  await bench.watch?.return?.();
  delete bench.watch;
  delete bench.module;
  delete bench.bytes;
  await body.journal.close(outcome, last);
  if (last !== undefined) {
    await body.spool.append(last);
    await body.journal.paid();
    void body.spool.flush();
  }
  const wanted = new Set(body.journal.memory().held.map(({ release }) => release.sha256));
  await body.payloads.prune(wanted).catch((error: Error) => {
    const message = `Payloads that nobody will put back stay for now: ${error.message}`;
    body.ports.onEvent?.({ kind: 'trouble', code: 'PAYLOADS_NOT_REMOVED', message });
  });
}

/** Remembers the boot. */
export async function noteBoot({ bareCrashes }: Of<'note-boot'>, { body }: Hands): Promise<undefined> {
  await body.journal.noteBoot(body.kernelInfo.bootId, bareCrashes);
}

/** Completes the ping, has it on disk, and starts its delivery without waiting for it. */
export async function report({ draft, attemptId, late }: Of<'report'>, { body }: Hands): Promise<undefined> {
  await body.spool.append(completePing({ draft, attemptId, ...(late === undefined ? {} : { late }) }, body));
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
