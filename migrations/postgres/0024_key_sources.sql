-- The networks that a key may be used from, as CIDR separated by commas; empty for everywhere.
ALTER TABLE api_keys ADD COLUMN sources TEXT NOT NULL DEFAULT '';
-- Keys end, or are taken over, with the person who made them.
CREATE INDEX api_keys_by_maker ON api_keys (tenant_id, created_by) WHERE revoked_at IS NULL;
