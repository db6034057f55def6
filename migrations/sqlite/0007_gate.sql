-- A session on the host of a site behind the login gate: a cookie of its own, for the browser of the
-- session that it belongs to. It ends with that session, and when that gets a new token.
create table site_session (
    token_hash blob primary key,
    session_id text not null references session (id) on delete cascade,
    host text not null,
    created_at bigint not null,
    unique (session_id, host)
);

-- What a browser carries over to such a host, once: bound to the host and to a cookie there.
create table gate_ticket (
    ticket_hash blob primary key,
    browser_hash blob not null,
    session_id text not null references session (id) on delete cascade,
    host text not null,
    uri text not null,
    expires_at bigint not null
);
create index gate_ticket_session on gate_ticket (session_id);
create index gate_ticket_expires on gate_ticket (expires_at);
