-- How a subscription is billed besides its plan: quantity, discounts, a pause, its last day, the upcoming invoice. JSON, as
-- domain::subscription::BillingDetails; NULL where the provider was not asked since this is kept.
ALTER TABLE subscriptions ADD COLUMN details TEXT;
