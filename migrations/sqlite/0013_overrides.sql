-- What an operator settled for a tenant: until when its granted plan holds, and limits that hold instead of the plan's, as JSON:
-- [{"feature", "limit", "until"}], a limit of null for none, times in microseconds or null.
ALTER TABLE tenants ADD COLUMN granted_until INTEGER;
ALTER TABLE tenants ADD COLUMN limit_overrides TEXT NOT NULL DEFAULT '[]';

-- Plans as the catalog last had them: what was bought holds also when the catalog has it no more.
CREATE TABLE known_plans (
    plan_id TEXT NOT NULL PRIMARY KEY,
    plan    TEXT NOT NULL
) STRICT;
