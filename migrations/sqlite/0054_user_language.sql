-- The tag of an account's language: of its mails; of its pages in a new browser, if the user chose it. NULL until the
-- first sign-in.
ALTER TABLE users ADD COLUMN language TEXT;
ALTER TABLE users ADD COLUMN has_chosen_language INTEGER NOT NULL DEFAULT FALSE;
