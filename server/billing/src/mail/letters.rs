//! The content of mails: what happened, what it means, what to do.

mod account;
mod alert;
mod dunning;
mod endpoint;
mod enterprise;
mod report;
pub(crate) mod samples;
mod secret;
mod unsubscribe;

pub(crate) use self::{
    account::{
        account_notice, address_change, address_change_notice, address_taken, address_verification, invitation,
        password_reset,
    },
    alert::{AlertMail, alert},
    dunning::{Dunning, dunning},
    endpoint::endpoint_disabled,
    enterprise::enterprise_request,
    report::{MonthlyMeter, MonthlyReport, Upcoming, monthly_report},
    secret::{Changer, SecretChange, secret_changed},
    unsubscribe::with_unsubscribe,
};

#[cfg(test)]
mod tests;
