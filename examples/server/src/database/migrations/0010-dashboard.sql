-- The gate's evidence over time, for people. A row is kept where a count grew by a hundredth, so that their number grows as the
-- logarithm of the machines and not as the time.
create table evidence_points (
  release text not null,
  at bigint not null,
  n bigint not null,
  failed bigint not null,
  open bigint not null,
  ln_halt double precision not null,
  ln_advance double precision not null,
  primary key (release, at)
);

-- What error pings said, with the trace of the first that said it. What senders may word is capped by the program.
create table failure_counts (
  release text not null,
  tier text not null,
  kernel text not null,
  arch text not null,
  -- Family of the processor, empty where pings do not tell.
  cpu text not null,
  phase text not null,
  code text not null,
  title text not null,
  failures bigint not null,
  trace jsonb not null,
  first_at bigint not null,
  last_at bigint not null,
  primary key (release, title, code, phase, tier, kernel, arch, cpu)
);

-- What checks ended in. A machine checks again and again: these are checks, not machines.
create table check_counts (
  release text not null,
  tier text not null,
  outcome text not null,
  reason text not null,
  checks bigint not null,
  last_at bigint not null,
  primary key (release, tier, outcome, reason)
);
