-- When a security key or passkey was last shown in a session, for sites that ask for one shown a moment ago.
alter table session add column key_shown_at bigint;
update session set key_shown_at = authenticated_at where methods like '%wk%';

-- The session's token when a ticket was written: one that has been renewed since takes no ticket from before.
alter table gate_ticket add column session_hash blob not null default x'';
