//! Users, how they sign in, and their sessions.

pub mod account_mails;
pub mod firebase_users;
pub mod identities;
pub mod login_failures;
pub mod login_slots;
pub mod mailed_links;
pub mod operators;
pub mod second_factors;
pub mod session_accounts;
pub mod sessions;
pub mod users;
