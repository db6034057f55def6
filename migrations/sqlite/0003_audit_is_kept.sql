-- What was recorded stays as it is: the program only ever adds events.
create trigger audit_event_not_changed before update on audit_event
begin
    select raise(abort, 'audit events are never changed');
end;
create trigger audit_event_not_deleted before delete on audit_event
begin
    select raise(abort, 'audit events are never deleted');
end;
