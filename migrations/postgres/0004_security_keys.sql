-- The relying party id that the operator has accepted; keys made for another one do not work.
alter table installation add column rp_id text;

-- Security keys and passkeys. `public_key` is the COSE_Key as the authenticator sent it. `passkey` says
-- whether it signs in by itself; `suspect_at` when a signature of it came with a counter that went back.
create table mfa_webauthn_credential (
    id text primary key,
    account_id text not null references account (id) on delete cascade,
    credential_id bytea not null unique,
    rp_id text not null,
    name text not null,
    public_key bytea not null,
    sign_count bigint not null,
    passkey boolean not null,
    user_verified boolean not null,
    backup_eligible boolean not null,
    backup_state boolean not null,
    aaguid text not null,
    transports text not null,
    created_at bigint not null,
    last_used_at bigint,
    suspect_at bigint
);
create index mfa_webauthn_credential_account on mfa_webauthn_credential (account_id);

-- A challenge that was given out: what for, to whom (a session, a sign-in under way, a cookie), until
-- when. The challenge itself is not kept; its SHA-256 finds the row, which works once.
create table webauthn_ceremony (
    challenge_hash bytea primary key,
    purpose text not null,
    owner text not null,
    account_id text references account (id) on delete cascade,
    state text not null,
    expires_at bigint not null
);
create index webauthn_ceremony_account on webauthn_ceremony (account_id);
create index webauthn_ceremony_expires on webauthn_ceremony (expires_at);

drop view mfa_factor;
create view mfa_factor as
select id, account_id, cast('totp' as text) as kind from mfa_totp
union all
select id, account_id, cast('webauthn' as text) as kind from mfa_webauthn_credential;
