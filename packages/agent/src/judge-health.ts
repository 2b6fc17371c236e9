import type { Incident } from '@klpkit/kernel-log';
import type { Counters, TransitionState } from '@klpkit/kernel';
import { type PingIncident, pingLimits, pingLine, redactKernelText, type RedactOptions } from '@klpkit/pings';
import type { Failure } from './state.ts';

/** What one health check saw. */
export interface Signs {
  readonly module: string;
  readonly transition: TransitionState;
  readonly before: Counters;
  readonly now: Counters;
  /** Found in the log since the sequence number taken before the load. */
  readonly incidents: readonly Incident[];
  /** Names of this machine, to be cut out of what is told. */
  readonly hostNames?: readonly string[];
}

/** Nothing, or what is wrong. */
export type Verdict =
  | { readonly healthy: true }
  | { readonly healthy: false; readonly failure: Failure; readonly incidents: readonly PingIncident[] };

/** Taint bits that a fault leaves: BAD_PAGE and DIE (include/linux/panic.h). Those of a livepatch load itself (O, E, K) are expected. */
const FAULT_TAINTS = (1 << 5) | (1 << 7);

/**
 * Whether the machine is well since the load. A fault or panic counts whoever's name is on it: a wild jump out of patched code shows no
 * symbol. A warning or a hang counts when the patch's module is in it. Counters are looked at too, as they cannot be pushed out of a ring.
 */
export function judgeHealth(signs: Signs): Verdict {
  const suspicious = signs.incidents.filter(speaksAgainst);
  const incidents = suspicious.slice(0, pingLimits.incidents).map((incident) => pingIncidentOf(incident, signs));
  const ill = (code: string, what: string): Verdict => ({
    healthy: false,
    failure: {
      code,
      message: `[${code}] ${what} The patch is left in force and is not inserted here again; look at the kernel log.`,
    },
    incidents,
  });
  const [first] = suspicious;
  if (first !== undefined)
    return ill('KERNEL_INCIDENT', `The kernel reported "${redactKernelText(first.title, signs)}" since the load.`);
  if (rose(signs.before.oops, signs.now.oops)) return ill('OOPS_COUNTED', 'The kernel counted an oops since the load.');
  if ((signs.now.tainted & ~signs.before.tainted & FAULT_TAINTS) !== 0) {
    return ill('KERNEL_TAINTED', 'The kernel marked itself as faulty (taint D or B) since the load.');
  }
  if (signs.transition.kind !== 'patched') {
    return ill('PATCH_GONE', `The patch ${signs.module} is not in force any more (${signs.transition.kind}).`);
  }
  return { healthy: true };
}

function speaksAgainst({ kind, attribution }: Incident): boolean {
  if (kind === 'external') return false;
  if (kind === 'fault' || kind === 'panic') return true;
  return attribution === 'strong' || attribution === 'medium';
}

function rose(before: number | null, now: number | null): boolean {
  return before !== null && now !== null && now > before;
}

/** An incident as a ping carries it: redacted and cut. */
export function pingIncidentOf({ kind, title, attribution, trace }: Incident, redact: RedactOptions): PingIncident {
  const line = (text: string) => pingLine(text, redact);
  return {
    kind,
    title: line(title),
    attribution,
    trace: trace.slice(0, pingLimits.traceLines).map((text) => line(text)),
  };
}
