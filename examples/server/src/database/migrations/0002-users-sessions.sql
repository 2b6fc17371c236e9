-- People. Their passwords are kept as argon2id hashes; who comes by OpenID Connect has none.
create table users (
  id uuid primary key,
  name text not null unique,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  password_hash text,
  created_at bigint not null
);

-- The cookie is 256 random bits; only its SHA-256 is kept, so that a copy of this table opens no session.
create table sessions (
  hash bytea primary key,
  user_id uuid references users (id) on delete cascade,
  name text not null,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  created_at bigint not null,
  expires_at bigint not null
);
create index sessions_by_end on sessions (expires_at);

alter table tokens drop constraint tokens_role_check;
alter table tokens add constraint tokens_role_check check (role in ('admin', 'operator', 'viewer', 'tier'));
