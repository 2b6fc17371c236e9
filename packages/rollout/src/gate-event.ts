import type { Arm } from './two-sample.ts';

interface GateEventBase {
  /** When it was received, epoch ms by the receiver's clock. */
  readonly at: number;
}

/** A machine begins: opens its window. */
export interface GateBefore extends GateEventBase {
  readonly kind: 'before';
  readonly attemptId: string;
  /** `patched` where absent. */
  readonly arm?: Arm;
  /** Kernel build, processor or whatever machines are told apart by; `*` where absent. */
  readonly stratum?: string;
}

/**
 * A machine answers.
 *
 * - `alive`: it is up after the insertion; closes nothing.
 * - `good`: the last health ping.
 * - `failed`: it says that it failed.
 * - `left`: it goes down in good order.
 */
export interface GateAnswer extends GateEventBase {
  readonly kind: 'alive' | 'good' | 'failed' | 'left';
  readonly attemptId: string;
}

/**
 * - `down`, `up`: pings could not be received from then, can be again. All windows stand still in between.
 * - `tick`: nothing but that time passes.
 */
export interface GateClock extends GateEventBase {
  readonly kind: 'down' | 'up' | 'tick';
}

/** The share of patched machines among those that begin is another one from now on, see `expectedShareOf`. */
export interface GateExpect extends GateEventBase {
  readonly kind: 'expect';
  readonly share: number;
}

/** All that a gate takes. */
export type GateEvent = GateBefore | GateAnswer | GateClock | GateExpect;

/**
 * What an event was taken as.
 *
 * - `begun`: a window was opened.
 * - `closed`: a window was closed with an outcome, for good.
 * - `noted`: no count changed by it.
 * - `repeated`: the attempt has begun, or has its outcome, already; nothing is ever re-labelled.
 * - `unknown`: there is no such window, or it has run out; to be kept for diagnosis, it does not count.
 */
export type GateOutcome = 'begun' | 'closed' | 'noted' | 'repeated' | 'unknown';

/** A ping as far as the gate reads it; those of `@klpkit/pings` are. */
export interface PingLike {
  readonly kind: string;
  readonly attemptId: string;
  readonly kernel?: string;
  readonly arch?: string;
  /** Of a health ping. */
  readonly index?: number;
  /** Of a `control-after`. */
  readonly healthy?: boolean;
}

/** How pings become events. */
export interface GateEventOptions {
  /** When the ping was received, epoch ms. */
  readonly receivedAt: number;
  /** The stratum of a machine; all are in `*` where absent. */
  readonly stratumOf?: (ping: PingLike) => string;
  /** Index of the health ping that closes a window as good; 3, the last one, where absent. */
  readonly lastHealthIndex?: number;
}

/**
 * Reads a ping as the gate's event; `undefined` where it is none (a check).
 *
 * @example
 * ```ts
 * import { gateEventOf } from '@klpkit/rollout';
 *
 * const event = gateEventOf({ kind: 'health', attemptId: '6f0b…', index: 3 }, { receivedAt: Date.now() }); // kind 'good'
 * ```
 */
export function gateEventOf(ping: PingLike, options: GateEventOptions): GateEvent | undefined {
  const { attemptId } = ping;
  const at = options.receivedAt;
  switch (ping.kind) {
    case 'before':
    case 'control-before': {
      const arm = ping.kind === 'before' ? 'patched' : 'control';
      const begun: GateBefore = { kind: 'before', attemptId, at, arm };
      return options.stratumOf === undefined ? begun : { ...begun, stratum: options.stratumOf(ping) };
    }
    case 'after':
    case 'transition':
      return { kind: 'alive', attemptId, at };
    case 'health':
      return { kind: ping.index === (options.lastHealthIndex ?? 3) ? 'good' : 'alive', attemptId, at };
    case 'error':
      return { kind: 'failed', attemptId, at };
    case 'left':
      return { kind: 'left', attemptId, at };
    case 'control-after':
      return { kind: ping.healthy === true ? 'good' : 'failed', attemptId, at };
    default:
      return undefined;
  }
}
