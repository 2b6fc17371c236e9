import type { Blocklist } from '@klpkit/blocklist';
import type { TransitionState } from '@klpkit/kernel';
import type { PingIncident } from '@klpkit/pings';
import type { KillSwitch } from './kill-switch.ts';
import type { Memory } from './memory.ts';
import type { Offer } from './ports.ts';
import type { Failure, Phase } from './state.ts';

/** What the machine and the journal say at one moment; the facts that decisions are made on. */
export interface Facts {
  readonly memory: Memory;
  readonly bootId: string;
  /** Names of the patches that the kernel has. */
  readonly loaded: readonly string[];
  /** Modules of patches that the journal knows which are live in the kernel, in force or not: one that was disabled stays until it is taken out. */
  readonly modules: readonly string[];
  /** Whether this kernel can livepatch at all. */
  readonly livepatch: boolean;
  readonly killSwitch: KillSwitch | undefined;
  /** Newest list that is known; undefined where none was ever seen. */
  readonly blocklist: Blocklist | undefined;
  /** Epoch ms, by the calendar. */
  readonly now: number;
  /** A fresh UUIDv4 for the attempt that may begin. */
  readonly attemptId: string;
}

/** What happened; the only way a state changes. */
export type StepEvent =
  /** It is time to ask. */
  | { readonly kind: 'check-due'; readonly killSwitch: KillSwitch | undefined }
  /** The process began, or an open record was closed at start. */
  | { readonly kind: 'started'; readonly facts: Facts }
  /** The newest blocklist that can be had is there: may a proven patch be put back? */
  | { readonly kind: 'list-known'; readonly facts: Facts }
  /** The server answered. */
  | { readonly kind: 'answered'; readonly facts: Facts; readonly offer: Offer }
  /** The payload is here, of the announced size. */
  | { readonly kind: 'downloaded' }
  /** Digest, signature and target are right. */
  | { readonly kind: 'verified'; readonly module: string }
  /** The kernel took the module. */
  | { readonly kind: 'inserted'; readonly durationMs: number }
  /** A look at the transition. */
  | {
      readonly kind: 'observed';
      readonly transition: TransitionState;
      readonly elapsedMs: number;
      readonly now: number;
    }
  /** The agent died before the insertion: the module is not in the kernel and nobody is about to insert it. */
  | { readonly kind: 'not-inserted'; readonly facts: Facts }
  /** The transition was completed by force. */
  | { readonly kind: 'forced' }
  /** The placebo attempt is over. */
  | {
      readonly kind: 'control-examined';
      readonly healthy: boolean;
      readonly attemptId: string;
      readonly release: string;
    }
  /** A stalled transition was turned round and the module taken out. */
  | { readonly kind: 'reversed' }
  /** A health check found nothing. */
  | { readonly kind: 'found-healthy'; readonly now: number }
  /** A health check found something. */
  | {
      readonly kind: 'found-ill';
      readonly now: number;
      readonly failure: Failure;
      readonly incidents: readonly PingIncident[];
    }
  /** An effect did not succeed. `inserter` tells a dead or silent inserter from an error that left the machine as it was. */
  | {
      readonly kind: 'failed';
      readonly phase: Phase;
      readonly failure: Failure;
      readonly inserter?: 'died' | 'hung';
      readonly now: number;
    };
