-- The waiting events of an object up to a time. With the time in it, this index is chosen before that of all events of the object.
DROP INDEX inbox_waiting;
CREATE INDEX inbox_waiting ON inbox (provider, subject, received_at) WHERE state = 'received';
-- The other events of an object: an event that arrives is put into one tree less.
DROP INDEX inbox_by_subject;
CREATE INDEX inbox_by_subject ON inbox (provider, subject, received_at) WHERE state <> 'received';
