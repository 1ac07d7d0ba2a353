//! Pages about a person's account: sign-in, sign-up, confirmations and mailed links.

pub(crate) mod account_address;
pub(crate) mod confirm;
pub(crate) mod form_refused;
pub(crate) mod invitation;
pub(crate) mod login;
pub(crate) mod login_code;
pub(crate) mod password;
pub(crate) mod portal_link;
pub(crate) mod provider;
pub(crate) mod signup;
pub(crate) mod unsubscribe;
pub(crate) mod verify_address;
