-- The currency, discount, trial, metadata and settings of the attempt, as JSON; NULL for none. A retry sends the same
-- request.
ALTER TABLE checkout_attempts ADD COLUMN options TEXT;
