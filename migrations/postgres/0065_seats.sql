-- All seats that a checkout buys; NULL for a plan without seats.
ALTER TABLE checkout_attempts ADD COLUMN seats BIGINT;
