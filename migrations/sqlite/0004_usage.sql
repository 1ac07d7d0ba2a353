-- Grows with everything that decides what a tenant may use, or who speaks for it. What a node remembers of a tenant holds as
-- long as this stands.
ALTER TABLE tenants ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

-- `used` is `folded`, what was counted before the ledger or has left it, and the amounts of the events in the ledger.
-- `version` grows with every write.
ALTER TABLE usage_counters ADD COLUMN folded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_counters ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
UPDATE usage_counters SET folded = used;

-- The ledger: what was counted, once a source and event; `part` tells apart the features of one call. For what the API
-- counts itself, `source` is the call, as `consume ai_tokens`: two words, which no event's source is. `amount` is what the counter changed by, `wanted` what was asked for. An event that came after
-- its period had ended is counted when it came: then `counted_at` is not `event_at`.
CREATE TABLE usage_events (
    tenant_id    TEXT    NOT NULL,
    source       TEXT    NOT NULL,
    event_id     TEXT    NOT NULL,
    part         INTEGER NOT NULL,
    feature      TEXT    NOT NULL,
    period_start INTEGER NOT NULL,
    change       TEXT    NOT NULL,
    wanted       INTEGER NOT NULL,
    amount       INTEGER NOT NULL,
    event_at     INTEGER NOT NULL,
    counted_at   INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    used_after   INTEGER NOT NULL,
    limit_then   INTEGER,
    failure      TEXT,
    warning      TEXT,
    PRIMARY KEY (tenant_id, source, event_id, part)
) STRICT;

-- Roll-ups, for history: what was counted in each, and how high the counter stood at most and in the end.
CREATE TABLE usage_hours (
    tenant_id TEXT    NOT NULL,
    feature   TEXT    NOT NULL,
    starts_at INTEGER NOT NULL,
    amount    INTEGER NOT NULL,
    peak      INTEGER NOT NULL,
    closing   INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, feature, starts_at)
) STRICT, WITHOUT ROWID;

-- Of days whose hours are gone.
CREATE TABLE usage_days (
    tenant_id TEXT    NOT NULL,
    feature   TEXT    NOT NULL,
    starts_at INTEGER NOT NULL,
    amount    INTEGER NOT NULL,
    peak      INTEGER NOT NULL,
    closing   INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, feature, starts_at)
) STRICT, WITHOUT ROWID;
