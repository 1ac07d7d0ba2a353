//! Sign-up, login, logout, confirmation and the current user.

mod browser;
pub mod confirm;
pub mod login;
pub mod logout;
pub mod me;
pub mod signup;
