-- The time comes first in the key. By id alone each new row went to a page of its own somewhere in the index, which after every checkpoint was
-- written to the log whole; by time new rows come together at its end.
alter table pings drop constraint pings_pkey;
alter table pings add primary key (sent_at, id);
