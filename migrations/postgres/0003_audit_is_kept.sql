-- What was recorded stays as it is: the program only ever adds events.
create function audit_event_is_kept() returns trigger language plpgsql as $$
begin
    raise exception 'audit events are never changed or deleted';
end
$$;
create trigger audit_event_is_kept before update or delete or truncate on audit_event
    for each statement execute function audit_event_is_kept();
