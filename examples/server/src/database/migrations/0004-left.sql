-- Machines that went down in good order before their patch was proven: neither good nor failed.
alter table attempts add column left_at bigint;
alter table attempts drop constraint attempts_outcome_check;
alter table attempts add constraint attempts_outcome_check check (outcome in ('good', 'failed', 'silent', 'left'));
alter table outcome_counts add column left_orderly bigint not null default 0;
