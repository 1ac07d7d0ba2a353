-- The endpoints in the order of their next call: those whose call is later are not read.
CREATE INDEX webhook_endpoints_due ON webhook_endpoints (pace, next_try_at, tenant_id, endpoint_id)
    WHERE next_try_at IS NOT NULL;
DROP INDEX webhook_endpoints_waiting;

-- The oldest messages of the log. A message that waits is no part of it.
CREATE INDEX webhook_messages_ended ON webhook_messages (created_at) WHERE next_try_at IS NULL;
DROP INDEX webhook_messages_by_time;
