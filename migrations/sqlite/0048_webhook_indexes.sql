-- The endpoints in the order of their next call: those whose call is later are not read.
CREATE INDEX webhook_endpoints_due ON webhook_endpoints (pace, next_try_at, tenant_id, endpoint_id)
    WHERE next_try_at IS NOT NULL;
DROP INDEX webhook_endpoints_waiting;
