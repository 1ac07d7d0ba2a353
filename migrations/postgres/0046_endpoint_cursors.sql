-- The time of the endpoint's next call: not after the first `next_try_at` of its messages, and null only if none waits. Endpoints with
-- work are found by it, whatever the number of messages.
ALTER TABLE webhook_endpoints ADD COLUMN next_try_at BIGINT;
UPDATE webhook_endpoints SET next_try_at = (SELECT min(webhook_messages.next_try_at) FROM webhook_messages
    WHERE webhook_messages.tenant_id = webhook_endpoints.tenant_id AND webhook_messages.endpoint_id = webhook_endpoints.endpoint_id
    AND webhook_messages.next_try_at IS NOT NULL);
CREATE INDEX webhook_endpoints_waiting ON webhook_endpoints (pace, served_at, next_try_at, tenant_id, endpoint_id)
    WHERE next_try_at IS NOT NULL;
-- The calls in progress.
CREATE INDEX webhook_messages_in_progress ON webhook_messages (locked_until, tenant_id, endpoint_id) WHERE locked_until > 0;
DROP INDEX webhook_messages_due;
