//! People who sign in elsewhere: with a token of an issuer that the product uses, or with an identity provider.

pub mod bearer;
pub mod provider;
mod token_user;
mod unlink;
