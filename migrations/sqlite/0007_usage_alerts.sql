-- How the counter stood to its limit when that was last looked at: 0 below, 1 near, 2 reached.
ALTER TABLE usage_counters ADD COLUMN level INTEGER NOT NULL DEFAULT 0;

-- What was told of limits: each kind once in the span that began at `told_since`. `feature` is the catalog's key then.
CREATE TABLE usage_alerts (
    tenant_id  TEXT   NOT NULL,
    feature    TEXT   NOT NULL,
    told_since INTEGER NOT NULL,
    kind       TEXT   NOT NULL,
    told_at    INTEGER NOT NULL,
    used       INTEGER NOT NULL,
    limit_then INTEGER,
    PRIMARY KEY (tenant_id, feature, told_since, kind)
) STRICT;
CREATE INDEX usage_alerts_by_time ON usage_alerts (tenant_id, told_at);
