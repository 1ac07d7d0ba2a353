//! Form fields, forms that several pages have, and the messages for rejected input.

pub(crate) mod account_fields;
pub(crate) mod code_field;
pub(crate) mod field;
pub(crate) mod first_call;
pub(crate) mod key_fields;
pub(crate) mod mistakes;
pub(crate) mod new_password;
pub(crate) mod provider_form;
pub(crate) mod providers;
pub(crate) mod shown_secret;
pub(crate) mod sign_in;
pub(crate) mod ticks;
