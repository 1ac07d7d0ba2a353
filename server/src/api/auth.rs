//! Signing up, in and out.

mod browser;
pub mod confirm;
pub mod login;
pub mod logout;
pub mod me;
pub mod signup;
