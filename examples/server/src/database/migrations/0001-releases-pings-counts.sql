-- What is published. `seq` is the order of publication: the newest release for a kernel is the one with the highest.
create table releases (
  key text primary key,
  seq bigint generated always as identity unique,
  kernel text not null,
  arch text not null,
  document jsonb not null,
  published_at bigint not null
);
create index releases_by_kernel on releases (kernel, arch, seq desc);

create table rollouts (
  release text primary key references releases (key),
  state jsonb not null,
  -- ln E(n, failed) when a person resumed: the gate pauses again only on more evidence than that person saw.
  acknowledged_ln_halt double precision,
  updated_at bigint not null
);

create table blocklist (
  only_row boolean primary key default true check (only_row),
  document jsonb not null
);

create table tokens (
  id uuid primary key,
  name text not null,
  role text not null check (role in ('admin', 'viewer', 'tier')),
  tier text check ((role = 'tier') = (tier is not null)),
  -- SHA-256 of the token. Tokens are 256 random bits, so that a slow hash would add nothing.
  hash bytea not null unique,
  created_at bigint not null,
  expires_at bigint,
  revoked_at bigint
);

-- Everything that changed what machines are told, by whom, and on what grounds.
create table audit (
  seq bigint generated always as identity primary key,
  at bigint not null,
  actor text not null,
  action text not null,
  release text,
  detail jsonb not null
);
create index audit_by_release on audit (release, seq desc);

-- The log of all pings. The key holds sent_at because a partitioned table needs it there; a machine that repeats a ping repeats
-- all of it. `xid` and `seq` are the order in which the tally reads: rows of transactions that may still be open are not read yet.
create sequence ping_seq;
create table pings (
  id uuid not null,
  sent_at bigint not null,
  received_at bigint not null,
  attempt_id uuid not null,
  kind text not null,
  release text,
  kernel text not null,
  arch text not null,
  tier text not null,
  late boolean not null,
  detail json not null,
  xid xid8 not null default pg_current_xact_id(),
  seq bigint not null default nextval('ping_seq'),
  primary key (id, sent_at)
) partition by range (sent_at);
create index pings_in_order on pings (xid, seq);
-- Machines with a wrong clock, and days without a partition of their own.
create table pings_other partition of pings default;

-- One attempt of one machine, folded from its pings. Times are the server's.
create table attempts (
  attempt_id uuid primary key,
  release text not null,
  tier text not null,
  -- The tier's share when the attempt was first heard of, micro-percent.
  phase integer not null,
  kernel text not null,
  arch text not null,
  control boolean not null,
  before_at bigint,
  deadline bigint,
  proven_at bigint,
  failed_at bigint,
  failure text,
  is_counted boolean not null default false,
  outcome text check (outcome in ('good', 'failed', 'silent')),
  decided_at bigint,
  first_seen_at bigint not null
);
create index attempts_open on attempts (deadline) where outcome is null and is_counted;

create table outcome_counts (
  release text not null,
  tier text not null,
  phase integer not null,
  kernel text not null,
  arch text not null,
  control boolean not null,
  started bigint not null default 0,
  good bigint not null default 0,
  failed bigint not null default 0,
  silent bigint not null default 0,
  -- Failures of attempts that had been decided as good: for people, the gate never re-labels.
  failed_late bigint not null default 0,
  primary key (release, tier, phase, kernel, arch, control)
);

create table ping_counts (
  release text not null,
  tier text not null,
  kernel text not null,
  arch text not null,
  kind text not null,
  late boolean not null,
  pings bigint not null default 0,
  primary key (release, tier, kernel, arch, kind, late)
);

-- How far the tally has read, and when it last lived: silence while the server was away is not the machines' silence.
create table tally (
  only_row boolean primary key default true check (only_row),
  xid xid8 not null default '0',
  seq bigint not null default 0,
  alive_at bigint
);
insert into tally default values;
