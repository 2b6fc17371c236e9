-- Which processors a release fails on. Empty where a machine did not say.
alter table attempts add column cpu_family text not null default '';
alter table outcome_counts add column cpu_family text not null default '';
alter table outcome_counts drop constraint outcome_counts_pkey;
alter table outcome_counts add primary key (release, tier, phase, kernel, arch, cpu_family, control);

-- The two processes of a release that are folded ping by ping: constant size, in logarithms.
create table gate_streams (
  release text primary key,
  sample_ratio jsonb not null,
  two_sample jsonb not null,
  -- When the mix of patched and control machines was first seen to be wrong; told once.
  mismatch_at bigint
);

-- Machines at risk: those that began within the last window.
create index attempts_at_risk on attempts (release, deadline) include (control) where is_counted;
