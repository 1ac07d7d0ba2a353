//! Users, how they sign in, and their sessions.

pub mod account_mails;
pub mod address_changes;
pub mod address_proofs;
pub mod firebase_users;
pub mod login_failures;
pub mod login_slots;
pub mod operators;
pub mod password_resets;
pub mod second_factors;
pub mod sessions;
pub mod users;
