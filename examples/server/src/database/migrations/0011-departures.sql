-- Machines that go down in good order are evidence of their own, which a person who resumes has seen.
alter table rollouts add column acknowledged_ln_left double precision;
