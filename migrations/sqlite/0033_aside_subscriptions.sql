-- Tenant table: subscriptions of a tenant's customer that Dues does not act on. `reason` is no_plan, moved, unknown_status or
-- unreadable. A row whose subscription is readable and sold again stays, not shown, while that is live: what was once kept aside
-- is never settled as a duplicate. Times are billing time.
CREATE TABLE aside_subscriptions (
    tenant_id     TEXT    NOT NULL REFERENCES tenants (tenant_id),
    provider      TEXT    NOT NULL,
    external_id   TEXT    NOT NULL,
    reason        TEXT    NOT NULL,
    described     TEXT    NOT NULL,
    detail        TEXT,
    is_shown      INTEGER NOT NULL,
    first_seen_at INTEGER  NOT NULL,
    PRIMARY KEY (tenant_id, provider, external_id)
) STRICT;
CREATE INDEX aside_subscriptions_by_age ON aside_subscriptions (first_seen_at);

-- Global table: prices (Stripe) and products (Polar) that customers pay and no plan sells. Times are wall time.
CREATE TABLE unsold_prices (
    provider      TEXT   NOT NULL,
    price         TEXT   NOT NULL,
    described     TEXT   NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    PRIMARY KEY (provider, price)
) STRICT;
CREATE INDEX unsold_prices_by_age ON unsold_prices (last_seen_at);
