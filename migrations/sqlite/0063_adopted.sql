-- The subscription that a checkout attempt led to, once the provider has named it.
ALTER TABLE checkout_attempts ADD COLUMN subscription_id TEXT;

-- How often a subscription is billed, as '3 month', where that is not once a cycle.
ALTER TABLE subscriptions ADD COLUMN billing_interval TEXT;
DROP INDEX subscriptions_by_state;
CREATE INDEX subscriptions_by_state ON subscriptions (status, plan, cycle, currency, billing_interval, price_minor);

-- The cycle that a price without a plan would count as.
ALTER TABLE unsold_prices ADD COLUMN cycle TEXT;

-- Tenant table: how many live subscriptions of a tenant pay a price that no plan sells, as last fetched.
CREATE TABLE unsold_price_payers (
    tenant_id     TEXT    NOT NULL REFERENCES tenants (tenant_id),
    provider      TEXT    NOT NULL,
    price         TEXT    NOT NULL,
    subscriptions INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, provider, price)
) STRICT;
CREATE INDEX unsold_price_payers_by_price ON unsold_price_payers (provider, price, subscriptions);
