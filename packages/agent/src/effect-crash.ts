import { scanKernelLog } from '@klpkit/kernel-log';
import { type ErrorPing, type PingIncident, pingLimits, pingLine } from '@klpkit/pings';
import { releaseKey } from '@klpkit/release';
import { completePing } from './complete-ping.ts';
import type { Effect, PingDraft } from './effect.ts';
import { endRecord } from './effect-record.ts';
import { pingIncidentOf } from './judge-health.ts';
import type { OpenRecord } from './memory.ts';
import { newPstoreLines } from './pstore-text.ts';
import type { Hands } from './workbench.ts';

/** Closes the record of a boot that ended in a crash; the late ping carries what pstore kept of it, redacted. */
export async function closeCrash(
  { open, outcome }: Extract<Effect, { kind: 'close-crash' }>,
  hands: Hands,
): Promise<undefined> {
  const draft: PingDraft<ErrorPing> = {
    kind: 'error',
    release: releaseKey(open.release),
    phase: 'reboot',
    code: outcome.kind === 'crashed' ? 'CRASHED' : 'CRASHED_AS_BEFORE',
    ...(await pstoreText(open, hands)),
  };
  await endRecord(outcome, completePing({ draft, attemptId: open.attemptId, late: true }, hands.body), hands);
}

async function pstoreText(
  { pstore, module }: OpenRecord,
  { body }: Hands,
): Promise<Pick<ErrorPing, 'incidents' | 'kernelLine'>> {
  const lines = await newPstoreLines(pstore, body.kernelOptions);
  if (lines.length === 0) return {};
  const hostNames = body.ports.hostNames ?? [];
  const incidents: PingIncident[] = [];
  for await (const incident of scanKernelLog(lines, { module, format: 'dmesg' })) {
    if (incident.kind !== 'external') incidents.push(pingIncidentOf(incident, { hostNames }));
  }
  // The last line says most where no rule knows the text.
  const lastLine = lines.findLast((line) => line.trim() !== '');
  return {
    incidents: incidents.slice(0, pingLimits.incidents),
    ...(incidents.length > 0 || lastLine === undefined ? {} : { kernelLine: pingLine(lastLine, { hostNames }) }),
  };
}
