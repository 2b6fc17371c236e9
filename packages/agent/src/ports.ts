import type { Clock, KernelOptions, forceAcceptance } from '@klpkit/kernel';
import type { Trust } from '@klpkit/payload';
import type { Blocklist } from '@klpkit/blocklist';
import type { Ping } from '@klpkit/pings';
import type { Release } from '@klpkit/release';
import type { LocalPolicy, Rollout } from '@klpkit/rollout';
import type { Effect } from './effect.ts';
import type { AgentState } from './state.ts';
import type { AgentStatus } from './status.ts';
import type { AgentStore } from './store.ts';

/** Every port's methods can be stopped. */
export interface AbortOptions {
  readonly signal?: AbortSignal;
}

/** One release that the server has for a kernel. */
export interface Candidate {
  readonly release: Release;
  readonly rollout: Rollout;
  /** Path of the payload on the server. */
  readonly payload: string;
}

/** What the server has for one kernel. */
export interface Offer {
  /** Newest first; the older ones are for machines whose turn for the newest has not come. */
  readonly candidates: readonly Candidate[];
  /** Why there is none, for scripts; `no-release` where there is one. */
  readonly reason: string;
  /** The same for people. */
  readonly message: string;
}

/** What an offer is asked for. */
export interface OfferQuery {
  /** `uname -r` */
  readonly kernel: string;
  /** `uname -m` */
  readonly arch: string;
  readonly tier: string;
}

/** Where releases come from. The HTTPS server is one; a TUF repository is another. */
export interface Source {
  offer(query: OfferQuery, options?: AbortOptions): Promise<Offer>;
  blocklist(options?: AbortOptions): Promise<Blocklist>;
  /** The source has itself proven that each list follows from the one before, as a repository with offline lifts does. */
  readonly provesSuccession?: true;
  /** The payload's bytes, never more than `release.size`. */
  payload(release: Release, path: string, options?: AbortOptions): Promise<Uint8Array>;
}

/** Takes pings; resolves when they are stored for good, so that the spool may forget them. */
export interface Reporter {
  send(pings: readonly Ping[], options?: AbortOptions): Promise<void>;
}

/** Chance, as an argument so that a test can repeat it. */
export interface AgentRandom {
  /** UUIDv4 */
  uuid(): string;
  /** Uniform in [0, 1). */
  fraction(): number;
}

/** All waiting times, so that tests and the demo can run them faster. */
export interface Schedule {
  /** Health checks 0 to 3, counted from the application. */
  readonly healthDelaysMs: readonly [number, number, number, number];
  /** A transition that lasts longer is turned round. Below 17 s sleepers are taken for stalled tasks on a real kernel. */
  readonly transitionDeadlineMs: number;
  /** How often the transition is looked at. */
  readonly transitionPollMs: number;
  /** Time between two transition pings. */
  readonly transitionPingMs: number;
  /** The inserter must have answered by then. */
  readonly insertDeadlineMs: number;
  /** How long the insertion waits for the server to take the before-ping; then it goes on. */
  readonly beforePingMs: number;
  /** Time between two checks, before jitter. */
  readonly checkIntervalMs: number;
}

/** Who this machine is to the rollout. Nothing of it leaves the machine but the tier. */
export interface Identity {
  /** Content of `/etc/machine-id`; undefined where there is none, which counts as "not yet". */
  readonly machineId: string | undefined;
  /** 32 hex digits of the application; mixed into the bucket so that it is no general machine id. */
  readonly appId: string;
  readonly tier: string;
}

/** What the machine's owner wants. The blocklist and the crash guard stand above all of it. */
export interface AgentPolicy extends LocalPolicy {
  /** Send a control pair, once a release, while this machine is not yet in the bucket: what the gate compares with. */
  readonly control?: boolean;
  /** Complete a stalled transition by force instead of turning it round. Needs the words of `forceAcceptance` in `@klpkit/kernel`. */
  readonly forceStalled?: typeof forceAcceptance;
}

/** What {@link createAgent} needs. */
export interface AgentOptions {
  readonly identity: Identity;
  /** Root and loader of the kernel; the running one by default. */
  readonly kernel?: Pick<KernelOptions, 'root' | 'loader'>;
  readonly trust: Trust;
  readonly source: Source;
  readonly reporter: Reporter;
  /** What outlives a reboot: {@link createFolderStore}. */
  readonly store: AgentStore;
  /** Measures and waits; monotonic. */
  readonly clock?: Clock;
  /** What the calendar says, epoch ms. Only written down and compared with documents, never waited by: it may jump. */
  readonly epochMs?: () => number;
  readonly random?: AgentRandom;
  readonly schedule?: Schedule;
  readonly policy?: AgentPolicy;
  /** Names of this machine that are cut out of kernel text before it is sent. */
  readonly hostNames?: readonly string[];
  /** Told of every event at once, in order; must not throw. {@link Agent.events} is the same for those who come later. */
  readonly onEvent?: (event: AgentEvent) => void;
}

/** Something that happened, for logs and for those who watch. */
export type AgentEvent =
  /** A state was reached; a look at a transition that is still on counts as one. */
  | { readonly kind: 'state'; readonly state: AgentState }
  /** An effect begins. */
  | { readonly kind: 'effect'; readonly effect: Effect }
  /** Trouble that does not change the course: a ping that waits, a state file that was unreadable. */
  | { readonly kind: 'trouble'; readonly code: string; readonly message: string };

/** What an agent is told at its end. */
export interface ShutdownOptions {
  /** The machine goes down with it. */
  readonly machineGoesDown?: boolean;
}

/** The agent of one machine. */
export interface Agent {
  /** Where it stands. */
  state(): AgentState;
  /** How the machine stands: see {@link readStatus}. Works before the start and beside a running call. */
  status(): Promise<AgentStatus>;
  /** All that happens from here on, until the signal or a `break`. The agent never waits for a watcher. */
  events(options?: AbortOptions): AsyncIterable<AgentEvent>;
  /**
   * First call after the process began: reads the journal, guards against a crash loop, goes on with what was open, puts a
   * proven patch back. A store that cannot be used is the state `refused` (`STATE_UNUSABLE`); each call tries it again.
   */
  start(options?: AbortOptions): Promise<AgentState>;
  /** One check to its end, health checks included. */
  check(options?: AbortOptions): Promise<AgentState>;
  /** Checks for ever, with jitter; resolves never, rejects with the signal's reason. */
  run(options?: AbortOptions): Promise<never>;
  /** Delivers what the spool holds; false if something is left. */
  flush(options?: AbortOptions): Promise<boolean>;
  /**
   * An orderly end, to be called at SIGTERM after the running call was aborted: notes in the journal that what comes is no crash, and gives the
   * store back. Where the whole machine goes down the server is told at once that an unproven attempt ends without a verdict; else the next
   * boot tells it.
   */
  shutdown(options?: ShutdownOptions): Promise<void>;
}
