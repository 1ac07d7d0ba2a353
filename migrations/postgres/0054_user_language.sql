-- The language tag of an account's mails and pages; NULL until the account's first sign-in or choice.
ALTER TABLE users ADD COLUMN language TEXT;
