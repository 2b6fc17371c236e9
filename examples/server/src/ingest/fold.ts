import type { Ping } from '@klpkit/pings';
import type { GateSettings } from '../config.ts';

/** A ping as the tally reads it back from the log. */
export interface LoggedPing {
  readonly attempt_id: string;
  readonly kind: Ping['kind'];
  readonly release: string | null;
  readonly kernel: string;
  readonly arch: string;
  readonly tier: string;
  readonly late: boolean;
  readonly received_at: number;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What some pings say about one attempt. */
export interface AttemptNews {
  readonly attemptId: string;
  readonly release: string;
  readonly tier: string;
  readonly kernel: string;
  readonly arch: string;
  /** Empty where the machine did not say. */
  readonly cpuFamily: string;
  /** A placebo attempt of a machine that is not in the bucket. */
  readonly control: boolean;
  beforeAt: number | null;
  provenAt: number | null;
  failedAt: number | null;
  /** Went down in good order. */
  leftAt: number | null;
  failure: string | null;
}

/** Folds pings into one entry an attempt; what does not matter to the gate makes none. Of contradicting pings the failure stands. */
export function foldPings(pings: readonly LoggedPing[], provenBy: GateSettings['provenBy']): AttemptNews[] {
  const news = new Map<string, AttemptNews>();
  const isBefore = (ping: LoggedPing): boolean => meaningOf(ping, provenBy) === 'before';
  // The before-ping says what an attempt is about. Pings of one batch stand in the log in no order, so it is looked for first.
  for (const ping of [...pings.filter(isBefore), ...pings.filter((one) => !isBefore(one))]) {
    const said = meaningOf(ping, provenBy);
    if (said === undefined || ping.release === null) continue;
    const known = news.get(ping.attempt_id);
    // One that says otherwise is forged or broken.
    if (known !== undefined && (known.release !== ping.release || known.control !== isControl(ping))) continue;
    const entry = known ?? blankNews(ping, ping.release);
    if (said === 'before') entry.beforeAt ??= ping.received_at;
    if (said === 'proven') entry.provenAt ??= ping.received_at;
    if (said === 'left') entry.leftAt ??= ping.received_at;
    if (said === 'failed') {
      entry.failedAt ??= ping.received_at;
      entry.failure ??= describeFailure(ping);
    }
    news.set(ping.attempt_id, entry);
  }
  return [...news.values()];
}

function meaningOf(
  ping: LoggedPing,
  provenBy: GateSettings['provenBy'],
): 'before' | 'proven' | 'failed' | 'left' | undefined {
  switch (ping.kind) {
    case 'before':
    case 'control-before':
      return 'before';
    case 'error':
      return 'failed';
    case 'left':
      return 'left';
    case 'control-after':
      return ping.detail.healthy === true ? 'proven' : 'failed';
    case 'after':
      return provenBy === 'after' ? 'proven' : undefined;
    case 'health':
      return provenBy === 'after' || Number(ping.detail.index) >= provenBy ? 'proven' : undefined;
    default:
      return undefined;
  }
}

function isControl(ping: LoggedPing): boolean {
  return ping.kind === 'control-before' || ping.kind === 'control-after';
}

function blankNews(ping: LoggedPing, release: string): AttemptNews {
  const { attempt_id: attemptId, tier, kernel, arch } = ping;
  const nothingYet = { beforeAt: null, provenAt: null, failedAt: null, leftAt: null, failure: null };
  const { cpuFamily } = ping.detail;
  return {
    attemptId,
    release,
    tier,
    kernel,
    arch,
    cpuFamily: typeof cpuFamily === 'string' ? cpuFamily : '',
    control: isControl(ping),
    ...nothingYet,
  };
}

function describeFailure(ping: LoggedPing): string {
  return ping.kind === 'error'
    ? `${String(ping.detail.phase)}: ${String(ping.detail.code)}`
    : 'control machine unhealthy';
}
