-- The time between a right password and the second factor. It holds no rights at all.
create table login_attempt (
    id text primary key,
    token_hash bytea not null unique,
    account_id text not null references account (id) on delete cascade,
    device_id text,
    password_changed_at bigint,
    tries bigint not null,
    created_at bigint not null,
    expires_at bigint not null
);
create index login_attempt_account on login_attempt (account_id);
create index login_attempt_expires on login_attempt (expires_at);

-- Authenticator apps. `last_step` is the latest time step whose code was accepted; `burned_step` is
-- one whose code was seen before its time. `failures` counts wrong codes in a row.
create table mfa_totp (
    id text primary key,
    account_id text not null references account (id) on delete cascade,
    label text not null,
    sealed_secret text not null,
    key_id text not null,
    last_step bigint not null,
    burned_step bigint not null,
    failures bigint not null,
    created_at bigint not null,
    last_used_at bigint
);
create index mfa_totp_account on mfa_totp (account_id);
create index mfa_totp_key on mfa_totp (key_id);

-- An authenticator app that is being set up; one a session.
create table mfa_totp_enrolment (
    session_id text primary key references session (id) on delete cascade,
    id text not null unique,
    sealed_secret text not null,
    key_id text not null,
    created_at bigint not null
);
create index mfa_totp_enrolment_created on mfa_totp_enrolment (created_at);

-- `shown_at` is set where codes are shown once; `stored_at` when their owner says that they are kept.
create table mfa_recovery_set (
    account_id text primary key references account (id) on delete cascade,
    failures bigint not null,
    created_at bigint not null,
    shown_at bigint,
    stored_at bigint
);

-- `code_hash` finds a code; the sealed code is there for its owner to see, or not at all.
create table mfa_recovery_code (
    id text primary key,
    account_id text not null references mfa_recovery_set (account_id) on delete cascade,
    position bigint not null,
    code_hash bytea not null,
    sealed_code text,
    key_id text,
    spent_at bigint,
    unique (account_id, code_hash),
    unique (account_id, position)
);
create index mfa_recovery_code_key on mfa_recovery_code (key_id);

-- The real factors of all kinds; recovery codes stand in for one and are none.
create view mfa_factor as
select id, account_id, cast('totp' as text) as kind from mfa_totp;

-- Events that their owner has not yet put aside.
create table notice (
    event_id text primary key references audit_event (id) on delete cascade,
    account_id text not null references account (id) on delete cascade
);
create index notice_account on notice (account_id);
