-- Ids are UUIDv7 text; times are whole seconds since 1970 UTC.

-- One row: whether the first administrator has been created.
create table installation (
    id bigint primary key check (id = 1),
    set_up_at bigint
);
insert into installation (id) values (1);

create table setup_link (
    token_hash bytea primary key,
    expires_at bigint not null
);

create table account (
    id text primary key,
    username text not null,
    username_canonical text not null unique,
    email text,
    email_canonical text unique,
    password_hash text,
    user_handle bytea not null unique,
    created_at bigint not null,
    password_changed_at bigint,
    disabled_at bigint
);

create table session (
    id text primary key,
    token_hash bytea not null unique,
    account_id text not null references account (id) on delete cascade,
    methods text not null,
    source text not null,
    user_agent text not null,
    created_at bigint not null,
    last_seen_at bigint not null,
    authenticated_at bigint not null,
    reauthenticated_at bigint not null
);
create index session_account on session (account_id, created_at);
create index session_last_seen on session (last_seen_at);

-- A browser that has completed a sign-in, so that guessing elsewhere does not slow it.
create table known_device (
    id text primary key,
    token_hash bytea not null unique,
    account_id text not null references account (id) on delete cascade,
    created_at bigint not null,
    last_used_at bigint not null
);
create index known_device_account on known_device (account_id, last_used_at);

-- Failures per purpose and subject (a SHA-256 of what is counted, in hex).
create table throttle (
    purpose text not null,
    subject text not null,
    failures bigint not null,
    free_at bigint not null,
    primary key (purpose, subject)
);
create index throttle_free on throttle (free_at);

create table audit_event (
    id text primary key,
    at bigint not null,
    action text not null,
    actor_id text,
    subject_id text,
    source text not null,
    session_id text,
    detail text not null
);
create index audit_event_subject on audit_event (subject_id, action, at);
create index audit_event_at on audit_event (at);
