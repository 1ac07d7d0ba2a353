-- The erasure of a deleted tenant removes names, targets and details from audit entries, and the ids that the product or
-- an issuer gave to people, which may be addresses. Nothing else of an entry can change, and no entry can be deleted.
DROP TRIGGER audit_log_is_not_changed ON audit_log;
CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE ON audit_log FOR EACH ROW
WHEN (NOT (NEW.tenant_id = OLD.tenant_id AND NEW.entry_id = OLD.entry_id AND NEW.at = OLD.at AND NEW.actor_kind = OLD.actor_kind
    AND (NEW.actor_id IS NOT DISTINCT FROM OLD.actor_id
        OR (NEW.actor_id IS NULL AND OLD.actor_kind IN ('portal_user', 'token_user')))
    AND NEW.action = OLD.action
    AND (NEW.actor_name IS NULL OR NEW.actor_name IS NOT DISTINCT FROM OLD.actor_name)
    AND NEW.target IN (OLD.target, '') AND NEW.details IN (OLD.details, '{}')))
EXECUTE FUNCTION refuse_change_of_audit_log();
CREATE TRIGGER audit_log_is_not_deleted BEFORE DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit_log();
-- Entries of other tenants that name an erased person.
CREATE INDEX audit_log_by_actor ON audit_log (actor_id) WHERE actor_name IS NOT NULL;
CREATE INDEX audit_log_by_target ON audit_log (target) WHERE target <> '';
CREATE INDEX enterprise_requests_by_tenant ON enterprise_requests (tenant_id) WHERE tenant_id IS NOT NULL;
CREATE INDEX enterprise_requests_by_user ON enterprise_requests (user_id) WHERE user_id IS NOT NULL;
-- The tenant that the request was about; NULL for a request about no tenant.
ALTER TABLE idempotency_keys ADD COLUMN tenant_id TEXT;
CREATE INDEX idempotency_keys_by_tenant ON idempotency_keys (tenant_id) WHERE tenant_id IS NOT NULL;
-- The tenant that a message to an endpoint of the installation is about.
ALTER TABLE webhook_messages ADD COLUMN about_tenant TEXT;
CREATE INDEX webhook_messages_about ON webhook_messages (about_tenant) WHERE about_tenant IS NOT NULL;
