import type { Role } from './access/users.ts';
import type { GateOptions, RolloutPlan, StreamPolicy } from '@klpkit/rollout';

/** Tells the time, epoch milliseconds. `Date.now` outside of tests and demos. */
export type Clock = () => number;

/** How the gate reads the pings, and what it may do by itself. All windows are measured on the server's clock. */
export interface GateSettings {
  /** The thresholds that `decideTallies` of `@klpkit/rollout` is given; `p0Left` is 0.05 where absent. Strata are processor families. */
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
  /** Requests a minute from one address (in IPv6: its /64), or one token where it has one. `null` is no limit. */
  readonly requestsPerMinute: number | null;
  /** Connections that one address (in IPv6: its /64) may open in a minute, a sixth of them at once; more are closed before TLS begins. `null` is no limit. */
  readonly connectionsPerMinute: number | null;
  /** Attempts to sign in from one address in a minute. Accounts are not locked: that would let anybody lock out anybody. */
  readonly signInsPerMinute: number;
  /** A client that needs longer for its headers, or for a handshake, is cut off. */
  readonly headersTimeoutMs: number;
  /** A whole request, a large payload over a slow line included. */
  readonly requestTimeoutMs: number;
  /** Open connections; more are closed at once. */
  readonly maxConnections: number;
}

/** The certificate that the server makes for itself. */
export interface TlsSettings {
  /** Host names and addresses that clients use, beside localhost, 127.0.0.1 and ::1 (`10.0.2.2` is the host seen from a QEMU guest). */
  readonly names: readonly string[];
  /** How long a certificate lasts. It is renewed when a third of it is left. */
  readonly lifetimeMs: number;
  /** PEM of the authority whose certificates machines must show (mutual TLS); absent: they need none. */
  readonly clientAuthority?: string;
  /** How often the end is looked at. */
  readonly checkIntervalMs: number;
}

/** An identity provider (OpenID Connect) at which people sign in. */
export interface OidcSettings {
  /** The provider's issuer; `https`, or `http` on a loopback address. */
  readonly issuer: string;
  readonly clientId: string;
  /** Absent for a public client, which PKCE protects. */
  readonly clientSecret?: string;
  /** How browsers reach this server: the provider is told `<publicUrl>/v1/session/oidc/callback`. */
  readonly publicUrl: string;
  /** By default `openid profile email`. */
  readonly scope: string;
  /** The claim that names a person's groups, by default `groups`. */
  readonly groupsClaim: string;
  /** Groups that give a role. */
  readonly roles: Partial<Readonly<Record<Role, readonly string[]>>>;
}

/** A JetStream stream in which pings wait for the database. */
export interface QueueSettings {
  /** `nats://[user:password@]host:port` or `tls://…`; several of one cluster separated by commas. */
  readonly url: string;
  /** On how many servers of NATS a ping lies before it is acknowledged, by default 3. */
  readonly replicas: number;
  /** The stream's size, by default 1 GiB; a full one refuses pings. */
  readonly maxBytes: number;
}

/** The TUF repository that the server signs and serves under `/repository/`. */
export interface RepositorySettings {
  /** The repository's folder, made with `klpkit repo init`. Several servers share it. */
  readonly folder: string;
  /**
   * Folder with the keys `ROLE.pem` of rollout, blocklist, snapshot and timestamp. With `releases.pem` this server may publish and with `lifted.pem` lift by
   * itself; without, both wait for a person with `klpkit repo`.
   */
  readonly keys: string;
  /** How often it is looked for what was added to the repository elsewhere, by default 10 s. */
  readonly intervalMs: number;
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
  /** Signs releases, rollouts and blocklist as a TUF repository; without it they are served unsigned, over TLS. */
  readonly repository?: Omit<RepositorySettings, 'intervalMs'> & Partial<RepositorySettings>;
  /** Lets people sign in at an identity provider, beside passwords. */
  readonly oidc?: Omit<OidcSettings, 'scope' | 'groupsClaim'> & Partial<OidcSettings>;
  /** Lets pings wait in NATS, so that a burst or a restart of the database loses none and refuses none. */
  readonly queue?: Pick<QueueSettings, 'url'> & Partial<QueueSettings>;
  /** Where payloads are, if not here: a CDN or bucket, ending with `/`. Machines are sent to it with the payload's digest at the end. */
  readonly payloadUrl?: string;
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
