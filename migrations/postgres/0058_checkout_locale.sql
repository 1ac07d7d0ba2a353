-- The tag of the language of the attempt's hosted page; NULL for the browser's. A retry sends the same request.
ALTER TABLE checkout_attempts ADD COLUMN locale TEXT;
