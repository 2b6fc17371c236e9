import type { ErrorPhase, PingIncident } from '@klpkit/pings';
import type { Release } from '@klpkit/release';

/** One way of one patch onto this machine. */
export interface Attempt {
  readonly release: Release;
  /** Path of the payload on the server. */
  readonly payload: string;
  /** Random UUIDv4 that ties the pings of this attempt together; forgotten with it. */
  readonly attemptId: string;
  /** True when a patch that this machine ran healthy before is put back after a boot. */
  readonly reapply: boolean;
  /** Which try this is, where the agent died before an earlier one came to the insertion. */
  readonly tries?: number;
}

/** Why something did not go on, in a form for scripts and in a sentence with the next step. */
export interface Failure {
  /** Code of the error: {@link AgentErrorCode} or that of the package that threw it. */
  readonly code: string;
  readonly message: string;
  /** The system's own name of the error, for example `EKEYREJECTED`. */
  readonly errno?: string;
  /** What the kernel said about it in its log. */
  readonly kernelLine?: string;
}

/** Where in the course something went wrong; `check` is before any attempt. */
export type Phase = 'check' | ErrorPhase;

/** Where the agent stands. The ends are those from `nothing-to-apply` to `kernel-upgrade-required` and from `healthy` on. */
export type AgentState =
  /** Not asked yet. */
  | { readonly kind: 'idle' }
  /** Waiting for the server's offer and blocklist. */
  | { readonly kind: 'checking' }
  /** The server has nothing for this kernel, or what it has is already in force. */
  | { readonly kind: 'nothing-to-apply'; readonly reason: string; readonly message: string }
  /** There is a release, but not yet for this machine. */
  | { readonly kind: 'held'; readonly release: string; readonly reason: string; readonly retryAfterMs?: number }
  /** The blocklist, or this machine's own crash guard, forbids the release. */
  | { readonly kind: 'blocked'; readonly release: string; readonly reason: string; readonly disabled: boolean }
  /** No release will come for this kernel any more. */
  | { readonly kind: 'kernel-upgrade-required'; readonly reason: string; readonly message: string }
  /** The payload is on its way. */
  | { readonly kind: 'downloading'; readonly attempt: Attempt }
  /** Digest, signature and target are being checked. */
  | { readonly kind: 'verifying'; readonly attempt: Attempt }
  /** The record is written; the inserter process holds the module. */
  | { readonly kind: 'inserting'; readonly attempt: Attempt; readonly module: string }
  /** The module is in; tasks move over one by one. */
  | {
      readonly kind: 'transitioning';
      readonly attempt: Attempt;
      readonly module: string;
      readonly elapsedMs: number;
      readonly blockedTasks: number;
    }
  /** The deadline passed; the transition is being turned round. */
  | {
      readonly kind: 'stalled';
      readonly attempt: Attempt;
      readonly module: string;
      readonly stalledTasks: readonly string[];
      readonly elapsedMs: number;
    }
  /** Every task runs the patched code since `appliedAt` (epoch ms). */
  | {
      readonly kind: 'applied';
      readonly attempt: Attempt;
      readonly module: string;
      readonly appliedAt: number;
      readonly waitedMs: number;
    }
  /** Health check number `next` is to come. */
  | {
      readonly kind: 'soaking';
      readonly attempt: Attempt;
      readonly module: string;
      readonly appliedAt: number;
      readonly next: 1 | 2 | 3;
    }
  /** All four health checks were good. */
  | { readonly kind: 'healthy'; readonly release: string; readonly module: string; readonly since: number }
  /** Stopped before the kernel was touched: the machine is as it was, be it without the patch or, where the agent came back to one, with it. */
  | { readonly kind: 'refused'; readonly phase: Phase; readonly failure: Failure; readonly release?: string }
  /** The kernel refused the module; the machine is as it was. */
  | { readonly kind: 'insert-failed'; readonly release: string; readonly failure: Failure }
  /** The inserter process ended without an answer: most often an oops in the module's init. Nothing more is inserted until a reboot. */
  | { readonly kind: 'inserter-died'; readonly release: string; readonly failure: Failure }
  /** The inserter process did not answer in time. Nothing more is inserted until a reboot. */
  | { readonly kind: 'inserter-hung'; readonly release: string; readonly failure: Failure }
  /** The transition was completed by force, as the policy demands: consistency is lost until a reboot. The watch goes on. */
  | {
      readonly kind: 'forced';
      readonly attempt: Attempt;
      readonly module: string;
      readonly stalledTasks: readonly string[];
      readonly elapsedMs: number;
      readonly blockedTasks: number;
    }
  /** The stalled transition was turned round; the machine runs unpatched. */
  | { readonly kind: 'reversed'; readonly release: string; readonly stalledTasks: readonly string[] }
  /** Applied, and the machine shows a bug since. The patch stays (unloading is a risk of its own), and is not applied again. */
  | {
      readonly kind: 'applied-with-bug';
      readonly release: string;
      readonly failure: Failure;
      readonly incidents: readonly PingIncident[];
    }
  /** A person has switched the agent off, by kernel command line or by file. */
  | { readonly kind: 'switched-off'; readonly by: 'command-line' | 'file' }
  /** Found at start: the machine was shut down in order while the patch was unproven. That says nothing about the patch. */
  | { readonly kind: 'interrupted'; readonly release: string; readonly message: string }
  /** Found at start: the machine went down while the patch was unproven. It is not inserted again. */
  | {
      readonly kind: 'crashed';
      readonly release: string;
      readonly message: string;
      /** False where the machine had crashed twice before without any patch of ours: the patch is then no suspect. */
      readonly blamed: boolean;
    };

/** Names of all states. */
export type AgentStateKind = AgentState['kind'];
