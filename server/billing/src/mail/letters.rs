//! The content of mails: what happened, what it means, what to do.

mod account;
mod alert;
mod dunning;
mod endpoint;
mod enterprise;
pub(crate) mod samples;
mod secret;

pub(crate) use self::{
    account::{
        account_notice, address_change, address_change_notice, address_taken, address_verification, invitation,
        password_reset,
    },
    alert::alert,
    dunning::{Dunning, dunning},
    endpoint::endpoint_disabled,
    enterprise::enterprise_request,
    secret::{Changer, SecretChange, secret_changed},
};

#[cfg(test)]
mod tests;
