//! Accounts: sign-up, sign-in, passwords and sessions.

mod account_deletion;
mod account_page;
mod firebase;
mod issuers;
mod lock_out;
mod mail_preferences;
mod password_reset;
mod passwords;
mod providers;
mod sign_up_flood;
mod signing_in;
