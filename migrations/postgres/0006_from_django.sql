-- Administrators that came over from Django: what it knows of them beside names and factors.
alter table account add column first_name text not null default '';
alter table account add column last_name text not null default '';
alter table account add column is_staff boolean not null default false;
alter table account add column is_superuser boolean not null default false;

-- The row of `auth_user` that an account was made from; `digest` is of everything that was read of it.
create table django_account (
    account_id text primary key references account (id) on delete cascade,
    django_id bigint not null unique,
    digest bytea not null,
    imported_at bigint not null
);

-- When an app's secret was found sealed with a key that everybody knows.
alter table mfa_totp add column exposed_at bigint;

-- Codes of another system are short, so no hash may find them: as long as one is unspent, only its
-- sealed text tells what it is.
alter table mfa_recovery_set add column imported_at bigint;
alter table mfa_recovery_set add column exposed_at bigint;
