import type { GateOptions, RolloutPlan, StreamPolicy } from '@klpkit/rollout';

/** Tells the time, epoch milliseconds. `Date.now` outside of tests and demos. */
export type Clock = () => number;

/** How the gate reads the pings, and what it may do by itself. All windows are measured on the server's clock. */
export interface GateSettings {
  /** The thresholds that `decideTallies` of `@klpkit/rollout` is given. Strata are processor families. */
  readonly policy: StreamPolicy;
  /** What failures are held against: the policy's rates, the control machines, or the mean of both processes. */
  readonly baseline: NonNullable<GateOptions['baseline']>;
  /**
   * Share of the waiting machines that send the placebo pair once a phase, 0 to 1. With it the gate checks that patched and control machines come in
   * the mix that the percentages give; 0 leaves that out.
   */
  readonly controlRate: number;
  /** W: how long after its before-ping a machine may stay silent before it counts as failed. Longer than the last health delay. */
  readonly answerWindowMs: number;
  /** The healthy ping that closes a window as good: the index of the health schedule, or `after` where the log is not watched. */
  readonly provenBy: 'after' | 0 | 1 | 2 | 3;
  /** The gate level from which a release is put on the blocklist. `never` leaves that to a person. */
  readonly blockFrom: 'halt' | 'block' | 'never';
  /** What the blocklist entry of the gate asks of the machines. */
  readonly blockAction: 'no-offer' | 'no-apply' | 'disable';
  /** May the gate enter the next phase by itself once the evidence suffices and the soak is over? */
  readonly autoAdvance: boolean;
  /** How often silence and soaks are looked at while no ping comes in. */
  readonly intervalMs: number;
}

/** What one peer may ask of the server. */
export interface ServerLimits {
  /** The largest payload that is taken at publish, bytes. */
  readonly maxPayloadBytes: number;
  /** The largest body of any other request, bytes. */
  readonly maxBodyBytes: number;
  /** Pings that may wait for the database before more are refused. */
  readonly maxWaitingPings: number;
  /** Requests a minute from one address, or one token where it has one. `null` is no limit. */
  readonly requestsPerMinute: number | null;
  /** Attempts to sign in from one address in a minute. Accounts are not locked: that would let anybody lock out anybody. */
  readonly signInsPerMinute: number;
  /** Open connections; more are closed at once. */
  readonly maxConnections: number;
}

/** The certificate that the server makes for itself. */
export interface TlsSettings {
  /** Host names and addresses that clients use, beside localhost, 127.0.0.1 and ::1 (`10.0.2.2` is the host seen from a QEMU guest). */
  readonly names: readonly string[];
  /** How long a certificate lasts. It is renewed when a third of it is left. */
  readonly lifetimeMs: number;
  /** How often the end is looked at. */
  readonly checkIntervalMs: number;
}

/** What {@link startServer} needs. Only `stateDir` and `trustCertificates` have no default. */
export interface ServerConfig {
  /** Certificates, payloads and the embedded database live here. Made when absent. */
  readonly stateDir: string;
  /** X.509 certificates (PEM or DER) whose signatures on payloads are accepted at publish: the ones that the clients' kernels trust. */
  readonly trustCertificates: readonly (string | Uint8Array)[];
  /** Address to listen on, by default 127.0.0.1. */
  readonly host?: string;
  /** Port to listen on, by default 8443; 0 takes a free one. */
  readonly port?: number;
  /** A PostgreSQL of your own (15 or newer). Without it the server starts one in `stateDir`. */
  readonly databaseUrl?: string;
  /** As root only: the unprivileged uid that the embedded PostgreSQL runs under, by default 65534 (nobody). It must have an entry in passwd. */
  readonly postgresUid?: number;
  /** Token of the first administrator. Without it one is made at the first start. At least 32 characters. */
  readonly adminToken?: string;
  /** `token` asks every ping for a token of its tier, by default `none`. */
  readonly pingAuth?: 'none' | 'token';
  /** The way of a release through tiers and phases, by default `defaultPlan` of `@klpkit/rollout`. */
  readonly plan?: RolloutPlan;
  readonly gate?: Partial<GateSettings>;
  readonly limits?: Partial<ServerLimits>;
  readonly tls?: Partial<TlsSettings>;
  /** How long a served blocklist is fresh, by default 24 h. */
  readonly blocklistLifetimeMs?: number;
  /** How long single pings are kept, by default 90 days; counts stay. */
  readonly retentionDays?: number;
  /** Log level of pino, by default `info`. Lines go to stdout as JSON. */
  readonly logLevel?: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  readonly clock?: Clock;
}

/** A server that answers. */
export interface RunningServer {
  /** Where it listens, `https://host:port`. */
  readonly url: string;
  /** PEM of the authority that issues the server's certificates: what a client trusts. Stays the same over renewals. */
  readonly certificate: string;
  /** The administrator's token if it was made or given in this start; `null` later, when only its hash is known. */
  readonly adminToken: string | null;
  /** Answers what is under way, writes every ping that was taken, stops its database. May be called twice. */
  close(): Promise<void>;
}
