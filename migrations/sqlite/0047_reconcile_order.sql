-- The customers of a provider in the order in which they are reconciled.
DROP INDEX customers_by_walk;
CREATE INDEX customers_by_walk ON customers (provider, walked_at, tenant_id);
